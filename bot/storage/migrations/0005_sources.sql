-- Documents that a run fetched, with their text, so that its steps and later questions read the same words again.
CREATE TABLE source (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    guild_id   bigint NOT NULL,
    run_id     uuid NOT NULL,
    number     integer NOT NULL CHECK (number > 0),
    url        text NOT NULL CHECK (length(url) <= 2048),
    title      text NOT NULL CHECK (length(title) <= 300),
    published  timestamptz,
    feed       text NOT NULL,
    text       text NOT NULL CHECK (length(text) <= 200000),
    sha256     bytea NOT NULL CHECK (length(sha256) = 32),
    fetched_at timestamptz NOT NULL,
    UNIQUE (run_id, number),
    UNIQUE (run_id, url)
);
CREATE INDEX source_guild ON source (guild_id);
