-- What programs do over MCP: which of their calls were done already, and what they have confirmed.

-- A program that repeats a call with the same key gets what the first one made: the rows of the outbox that say it.
CREATE TABLE mcp_said (
    token      text NOT NULL,
    key        text NOT NULL CHECK (length(key) <= 200),
    -- of the tool and its arguments: the same key for something else is refused
    digest     text NOT NULL,
    outbox_ids bigint[] NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (token, key)
);
CREATE INDEX mcp_said_created ON mcp_said (created_at);

-- A single-use confirmation of exactly one action; what the program holds is not kept, only its hash.
CREATE TABLE mcp_confirmation (
    secret_hash text PRIMARY KEY,
    token       text NOT NULL,
    digest      text NOT NULL,
    until       timestamptz NOT NULL
);
CREATE INDEX mcp_confirmation_until ON mcp_confirmation (until);

-- The questions of one token, the newest first.
CREATE INDEX run_of_token ON run ((args -> 'ticket' ->> 'token'), created_at) WHERE cog = 'mcp';

-- Whether several of the choices may be chosen.
ALTER TABLE ask ADD COLUMN multi boolean NOT NULL DEFAULT false;
