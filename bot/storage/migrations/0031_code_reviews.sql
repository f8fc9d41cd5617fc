-- Reviews of pull requests: each a thread, with what was found over all pushes, and what people do not want to hear of.

CREATE TABLE code_review (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    guild_id   bigint NOT NULL,
    -- owner/name in small letters, as all that is looked up
    repository text NOT NULL,
    number     integer NOT NULL,
    -- owner/name as its owner writes it
    named      text NOT NULL,
    title      text NOT NULL DEFAULT '',
    author     text NOT NULL DEFAULT '',
    channel_id bigint NOT NULL,
    -- NULL until it is open
    thread_id  bigint,
    -- how many threads it has had; another is opened where somebody deletes one
    threads    integer NOT NULL DEFAULT 1,
    state      text NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'paused', 'skipped', 'closed', 'merged')),
    -- the commit that the last look was begun at, and the one that was looked at to the end
    head       text NOT NULL DEFAULT '',
    looked     text NOT NULL DEFAULT '',
    -- the content of the files that a model has looked at, by path
    blobs      jsonb NOT NULL DEFAULT '{}',
    -- what works on it, or waits for people's decision; not a reference, since runs are cleaned away
    run_id     uuid,
    -- whether that waits for people's decision
    deciding   boolean NOT NULL DEFAULT false,
    -- the run for which people have decided last: nothing stops it any more
    decided_run uuid,
    -- the last review that was posted
    verdict    text NOT NULL DEFAULT '',
    posted_at_head text NOT NULL DEFAULT '',
    url        text NOT NULL DEFAULT '',
    -- what its thread's first message shows as a reaction
    mark       text NOT NULL DEFAULT '',
    created_at timestamptz NOT NULL DEFAULT now(),
    UNIQUE (guild_id, repository, number)
);
CREATE INDEX code_review_thread ON code_review (thread_id) WHERE thread_id IS NOT NULL;
CREATE INDEX code_review_listed ON code_review (guild_id, created_at DESC);

-- What was found in one; `fingerprint` is the same over all pushes.
CREATE TABLE code_finding (
    review_id   uuid NOT NULL REFERENCES code_review ON DELETE CASCADE,
    fingerprint text NOT NULL,
    -- whose it is: lint, security, tests, review
    kind        text NOT NULL,
    found       json NOT NULL,
    state       text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'fixed')),
    -- which runs saw it first, found it again after it was fixed, and saw that it is fixed
    since_run   uuid NOT NULL,
    back_run    uuid,
    fixed_run   uuid,
    -- whether it stands in a review on the code host
    posted      boolean NOT NULL DEFAULT false,
    PRIMARY KEY (review_id, fingerprint)
);

-- What people have decided not to hear of in a repository.
CREATE TABLE code_suppressed (
    guild_id    bigint NOT NULL,
    repository  text NOT NULL,
    fingerprint text NOT NULL,
    shown       text NOT NULL,
    why         text NOT NULL,
    by_id       bigint NOT NULL,
    -- NULL: for good
    until       timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (guild_id, repository, fingerprint)
);

-- A guild that was left takes its reviews along; the mirror forgets it only where Discord says so.
CREATE FUNCTION forget_reviews_of_guild() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    DELETE FROM code_review WHERE guild_id = OLD.guild_id;
    DELETE FROM code_suppressed WHERE guild_id = OLD.guild_id;
    RETURN NULL;
END $$;
CREATE TRIGGER forget_reviews AFTER DELETE ON mirror_guild FOR EACH ROW EXECUTE FUNCTION forget_reviews_of_guild();
