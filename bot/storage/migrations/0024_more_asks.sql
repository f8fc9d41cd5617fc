-- What a tool server asks people for in the middle of a call, and changes of what is to be approved that are on their way.

ALTER TABLE ask
    -- NULL: nobody but us asks. Else which server asks, the fields of its form, or the page that it wants people to open.
    ADD COLUMN elicited json,
    -- whether the agent can be sent back to write another version
    ADD COLUMN rewrites boolean NOT NULL DEFAULT false;

ALTER TABLE ask DROP CONSTRAINT ask_state_check;
ALTER TABLE ask ADD CONSTRAINT ask_state_check CHECK (
    state IN ('open', 'rewriting', 'approved', 'rejected', 'answered', 'expired', 'defaulted', 'withdrawn'));
ALTER TABLE ask DROP CONSTRAINT ask_check;
ALTER TABLE ask ADD CONSTRAINT ask_decided_check CHECK ((state IN ('open', 'rewriting')) = (decided_at IS NULL));

-- Somebody was told to reply to a message with the whole of a new version.
CREATE TABLE ask_draft (
    ask_id     uuid NOT NULL REFERENCES ask ON DELETE CASCADE,
    version    integer NOT NULL,
    member_id  bigint NOT NULL,
    said_row   bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (ask_id, version, member_id)
);
CREATE INDEX ask_draft_said ON ask_draft (said_row);

-- /inbox history looks for what was decided, newest first; also per cog.
DROP INDEX ask_decided;
CREATE INDEX ask_decided ON ask (guild_id, decided_at DESC) WHERE decided_at IS NOT NULL;
