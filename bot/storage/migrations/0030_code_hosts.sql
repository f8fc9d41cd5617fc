-- What code hosts tell of repositories, and what is known of their pull requests.

-- Something that happened, as a webhook told or a look found. Its id is the host's for the delivery, which is the same when it
-- is delivered again: rows are kept for 72 hours so that it is heard once.
CREATE TABLE code_delivery (
    id          text PRIMARY KEY CHECK (length(id) <= 200),
    seq         bigint GENERATED ALWAYS AS IDENTITY,
    event       text NOT NULL,
    action      text NOT NULL,
    -- owner/name in small letters, as all that is looked up
    repository  text NOT NULL,
    told        json NOT NULL,
    received_at timestamptz NOT NULL DEFAULT now(),
    -- NULL until every cog has heard it
    heard_at    timestamptz,
    tries       integer NOT NULL DEFAULT 0,
    -- no try before; while one is under way, when it is given up
    not_before  timestamptz NOT NULL DEFAULT now()
);
-- What is to be heard next, a repository's in order.
CREATE INDEX code_delivery_unheard ON code_delivery (repository, seq) WHERE heard_at IS NULL;
CREATE INDEX code_delivery_received ON code_delivery (received_at);

-- A pull request as it was last told of; looks find what nobody told by comparing with it.
CREATE TABLE code_pull (
    repository text NOT NULL,
    number     integer NOT NULL,
    head       text NOT NULL,
    state      text NOT NULL CHECK (state IN ('open', 'closed', 'merged')),
    draft      boolean NOT NULL,
    -- of title and labels
    digest     text NOT NULL,
    updated_at timestamptz NOT NULL,
    PRIMARY KEY (repository, number)
);
-- Checks tell of a commit, and of no pull request where it comes from a fork.
CREATE INDEX code_pull_head ON code_pull (repository, head);
CREATE INDEX code_pull_open ON code_pull (repository) WHERE state = 'open';

-- When a repository was last looked at, and what made the host say that nothing is new.
CREATE TABLE code_repository (
    repository text PRIMARY KEY,
    etag       text,
    -- NULL: never to its end; the first look only notes what is there
    looked_at  timestamptz,
    next_look  timestamptz NOT NULL DEFAULT now(),
    failures   integer NOT NULL DEFAULT 0,
    error      text
);
