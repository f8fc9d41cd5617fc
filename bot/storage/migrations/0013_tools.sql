-- What each tool server's tools said about themselves when they were accepted, and what they say now where it differs.

-- origin is a hash of how the server is reached; another one under the same name is another server.
CREATE TABLE tool_server (
    server    text PRIMARY KEY,
    origin    text NOT NULL,
    since     timestamptz NOT NULL,
    -- As the bot that runs it saw it last.
    available boolean NOT NULL DEFAULT false,
    reason    text NOT NULL DEFAULT '',
    breaker   text NOT NULL DEFAULT 'closed' CHECK (breaker IN ('closed', 'open', 'half-open')),
    protocol  text NOT NULL DEFAULT '',
    tools     integer NOT NULL DEFAULT 0,
    seen_at   timestamptz
);

-- Definitions are canonical JSON in ASCII: jsonb could not hold every character that a hostile server may send.
CREATE TABLE tool_pin (
    server      text NOT NULL REFERENCES tool_server ON DELETE CASCADE,
    tool        text NOT NULL CHECK (length(tool) <= 128),
    accepted    text,
    accepted_at timestamptz,
    accepted_by text,
    offered     text,
    offered_at  timestamptz,
    PRIMARY KEY (server, tool),
    CHECK (accepted IS NOT NULL OR offered IS NOT NULL)
);

-- Who accepted what, with what stood there before; nobody changes it.
CREATE TABLE tool_acceptance (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    server      text NOT NULL,
    tool        text NOT NULL,
    before      text,
    after       text NOT NULL,
    accepted_by text NOT NULL,
    accepted_at timestamptz NOT NULL
);
CREATE INDEX tool_acceptance_tool ON tool_acceptance (server, tool, id DESC);
REVOKE UPDATE, DELETE, TRUNCATE ON tool_acceptance FROM cogswarm_bot;
