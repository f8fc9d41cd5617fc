-- Questions to people, what they have said to them, who stands in for whom, and the record of who decided what.

-- A question of a run. What it waits for is a row of run_wait; here stands who may answer, and what has come of it.
CREATE TABLE ask (
    id           uuid PRIMARY KEY,
    wait_id      uuid NOT NULL UNIQUE,
    run_id       uuid NOT NULL REFERENCES run ON DELETE CASCADE,
    guild_id     bigint NOT NULL,
    cog          text NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('text', 'options', 'approval', 'form')),
    title        text NOT NULL,
    -- on whose behalf the run acts
    requester_id bigint NOT NULL,
    policy       jsonb NOT NULL,
    -- what can be chosen (value and label), or what is filled in (name and label), in this order
    choices      json NOT NULL DEFAULT '{}',
    -- whether something else than the choices may be answered
    other        boolean NOT NULL DEFAULT false,
    -- whether a reply or a reaction answers, too
    replies      boolean NOT NULL DEFAULT false,
    state        text NOT NULL DEFAULT 'open'
                 CHECK (state IN ('open', 'approved', 'rejected', 'answered', 'expired', 'defaulted', 'withdrawn')),
    version      integer NOT NULL DEFAULT 1,
    escalated    boolean NOT NULL DEFAULT false,
    fallback     jsonb,
    deadline_at  timestamptz,
    -- the outbox row of the message that holds the buttons
    said_row     bigint,
    result       jsonb,
    decided_by   bigint,
    decided_at   timestamptz,
    created_at   timestamptz NOT NULL DEFAULT now(),
    CHECK ((state = 'open') = (decided_at IS NULL))
);
CREATE INDEX ask_open ON ask (guild_id, created_at) WHERE state = 'open';
CREATE INDEX ask_decided ON ask (guild_id, decided_at DESC) WHERE state <> 'open';
CREATE INDEX ask_run ON ask (run_id);
CREATE INDEX ask_said ON ask (said_row) WHERE state = 'open';

-- What is to be approved. A version is never changed: editing makes the next one.
CREATE TABLE ask_version (
    ask_id     uuid NOT NULL REFERENCES ask ON DELETE CASCADE,
    version    integer NOT NULL,
    -- json, not jsonb: exactly what was hashed
    payload    json NOT NULL,
    hash       text NOT NULL,
    -- NULL: the run itself
    made_by    bigint,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (ask_id, version)
);
REVOKE UPDATE ON ask_version FROM cogswarm_bot;

-- What somebody says to one version. The seat is the person who may decide: somebody else where they stand in for them.
CREATE TABLE ask_vote (
    ask_id    uuid NOT NULL,
    version   integer NOT NULL,
    member_id bigint NOT NULL,
    seat_id   bigint NOT NULL,
    yes       boolean NOT NULL,
    value     jsonb,
    note      text NOT NULL DEFAULT '',
    via       text NOT NULL,
    veto      boolean NOT NULL DEFAULT false,
    at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (ask_id, version, member_id),
    UNIQUE (ask_id, version, seat_id),
    FOREIGN KEY (ask_id, version) REFERENCES ask_version ON DELETE CASCADE
);

-- Who decides for whom while they are away.
CREATE TABLE ask_delegation (
    guild_id   bigint NOT NULL,
    from_id    bigint NOT NULL,
    to_id      bigint NOT NULL CHECK (to_id <> from_id),
    until      timestamptz NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (guild_id, from_id)
);
CREATE INDEX ask_delegation_to ON ask_delegation (guild_id, to_id);

-- Who decided what, each row chained by its hash to the one before. It refers to nothing that is cleaned away.
CREATE TABLE audit (
    number       bigint PRIMARY KEY,
    at           timestamptz NOT NULL,
    guild_id     bigint NOT NULL,
    what         text NOT NULL,
    ask_id       uuid NOT NULL,
    actor_id     bigint NOT NULL,
    version      integer NOT NULL,
    via          text NOT NULL,
    payload_hash text NOT NULL,
    -- of the salt and the text that lie beside it
    text_hash    text NOT NULL,
    before       text NOT NULL,
    hash         text NOT NULL
);
REVOKE UPDATE, DELETE, TRUNCATE ON audit FROM cogswarm_bot;
CREATE INDEX audit_ask ON audit (ask_id, number);

-- What people wrote; it can be erased without breaking the chain.
CREATE TABLE audit_text (
    number bigint PRIMARY KEY REFERENCES audit,
    salt   bytea NOT NULL,
    text   text NOT NULL
);
