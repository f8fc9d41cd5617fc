-- What is recalled later: finished research and whatever else is worth finding again, with where it came from.

-- The model that made a vector; vectors of two spaces are never compared.
CREATE TABLE embedding_space (
    id              integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    model           text NOT NULL,
    dims            integer NOT NULL CHECK (dims BETWEEN 1 AND 16000),
    normalised      boolean NOT NULL DEFAULT true,
    -- From this score on two texts are about the same subject; null until it has been measured.
    same_subject_at real,
    calibrated_at   timestamptz,
    UNIQUE (model, dims)
);

-- The text of a memory stands here and nowhere else, so that deleting the row forgets it.
CREATE TABLE memory (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    guild_id   bigint NOT NULL,
    channel_id bigint NOT NULL,
    thread_id  bigint,
    -- Who may read it: everybody who can read the channel, or only those who can read the private thread.
    visibility text NOT NULL CHECK (visibility IN ('channel', 'private_thread')),
    member_id  bigint,
    run_id     uuid,
    kind       text NOT NULL,
    key        text NOT NULL,
    title      text NOT NULL CHECK (length(title) <= 300),
    body       text NOT NULL CHECK (length(body) <= 20000),
    created_at timestamptz NOT NULL,
    space_id   integer REFERENCES embedding_space,
    embedding  halfvec,
    -- English stems find other forms of a word. The title's own words serve what English would drop or bend:
    -- names such as "The Who", and other languages.
    tsv        tsvector NOT NULL GENERATED ALWAYS AS (
        setweight(to_tsvector('english'::regconfig, title), 'A')
        || setweight(to_tsvector('simple'::regconfig, title), 'A')
        || setweight(to_tsvector('english'::regconfig, body), 'B')
    ) STORED,
    UNIQUE (guild_id, kind, key),
    CHECK (visibility = 'channel' OR thread_id IS NOT NULL),
    CHECK ((space_id IS NULL) = (embedding IS NULL))
);
-- The exact scan of one guild's vectors; there is no index over all guilds' vectors on purpose, since one with a
-- filter loses hits silently.
CREATE INDEX memory_guild_space ON memory (guild_id, space_id);
CREATE INDEX memory_words ON memory USING gin (tsv);
CREATE INDEX memory_thread ON memory (thread_id) WHERE thread_id IS NOT NULL;
CREATE INDEX memory_run ON memory (run_id) WHERE run_id IS NOT NULL;

-- Any word of a question finds, the best rank first; a question of nothing but common words is taken literally.
CREATE FUNCTION memory_query(question text) RETURNS tsquery
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN replace(
        CASE WHEN numnode(plainto_tsquery('english'::regconfig, question)) > 0
             THEN plainto_tsquery('english'::regconfig, question)
             ELSE plainto_tsquery('simple'::regconfig, question)
        END::text, ' & ', ' | ')::tsquery;
