-- Votes: a question, what is proposed, ballots that nobody can read before the close, and the decision that stays.

-- The time that votes go by. Only the owner of the database can make it say something else.
CREATE FUNCTION vote_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT clock_timestamp()';

CREATE TABLE vote (
    -- the run that holds it; also the seed of every order that is drawn
    id            uuid PRIMARY KEY,
    guild_id      bigint NOT NULL,
    number        integer NOT NULL,
    -- whoever can read this channel (or, for a vote in a thread that was there before, this thread) may read the decision
    channel_id    bigint NOT NULL,
    -- where it is held; the thread may be opened later than the row
    thread_id     bigint,
    asked_by      bigint NOT NULL,
    asked_name    text NOT NULL,
    question      text NOT NULL CHECK (length(question) BETWEEN 1 AND 2000),
    rules         jsonb NOT NULL,
    state         text NOT NULL DEFAULT 'collecting' CHECK (state IN
                  ('collecting', 'revealed', 'open', 'closed', 'cancelled')),
    options       jsonb NOT NULL DEFAULT '[]',
    -- what the run waits with, so that it can be closed before its time
    wake          uuid,
    created_at    timestamptz NOT NULL DEFAULT now(),
    opened_at     timestamptz,
    closes_at     timestamptz,
    closed_at     timestamptz,
    reason        text NOT NULL DEFAULT '',
    -- counts, winner and ties as they were reckoned at the close
    outcome       jsonb,
    ballots_hash  text NOT NULL DEFAULT '',
    -- the reasoning, the dissent, and what it cost, for people
    record        jsonb NOT NULL DEFAULT '{}',
    supersedes    uuid REFERENCES vote ON DELETE SET NULL,
    superseded_by uuid REFERENCES vote ON DELETE SET NULL,
    -- the message to vote under, and what it says by now
    said_row      bigint,
    shown         text NOT NULL DEFAULT '',
    edits         integer NOT NULL DEFAULT 0,
    words         tsvector NOT NULL GENERATED ALWAYS AS (
        setweight(to_tsvector('english'::regconfig, question), 'A')
        || setweight(to_tsvector('simple'::regconfig, question), 'A')
        || setweight(jsonb_to_tsvector('english'::regconfig, options, '["string"]'), 'B')
        || setweight(jsonb_to_tsvector('english'::regconfig, record, '["string"]'), 'C')
    ) STORED,
    UNIQUE (guild_id, number)
);
CREATE INDEX vote_guild ON vote (guild_id, number DESC);
CREATE INDEX vote_words ON vote USING gin (words);
CREATE INDEX vote_thread ON vote (thread_id) WHERE thread_id IS NOT NULL;
CREATE INDEX vote_said ON vote (said_row) WHERE said_row IS NOT NULL;

-- What is voted on, under which rules and until when is said once; a vote that was closed stays closed.
CREATE FUNCTION vote_keeps_its_word() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.state IN ('open', 'closed', 'cancelled') AND
       (NEW.question, NEW.rules, NEW.options, NEW.opened_at, NEW.closes_at)
       IS DISTINCT FROM (OLD.question, OLD.rules, OLD.options, OLD.opened_at, OLD.closes_at) THEN
        RAISE EXCEPTION 'What is voted on cannot be changed any more.' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.state IN ('closed', 'cancelled') AND
       (NEW.state, NEW.closed_at, NEW.outcome, NEW.ballots_hash)
       IS DISTINCT FROM (OLD.state, OLD.closed_at, OLD.outcome, OLD.ballots_hash)
       AND NOT (OLD.state = 'closed' AND OLD.outcome IS NULL AND NEW.state = 'closed' AND NEW.closed_at = OLD.closed_at) THEN
        RAISE EXCEPTION 'A vote that is over stays as it is.' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.state = 'closed' AND OLD.state <> 'closed' THEN
        NEW.closed_at := vote_now();
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vote_keeps_its_word BEFORE UPDATE ON vote FOR EACH ROW EXECUTE FUNCTION vote_keeps_its_word();
REVOKE DELETE, TRUNCATE ON vote FROM cogswarm_bot;

-- What people propose until all is shown; of each person the last counts.
CREATE TABLE vote_proposal (
    vote_id  uuid NOT NULL REFERENCES vote ON DELETE CASCADE,
    author   text NOT NULL,
    name     text NOT NULL,
    body     text NOT NULL CHECK (length(body) BETWEEN 1 AND 4000),
    -- of what somebody sent; older ones change nothing
    event_id bigint NOT NULL,
    PRIMARY KEY (vote_id, author)
);

-- That somebody voted, or took it back; of each the last counts, in the order in which they did it. What is sealed.
CREATE TABLE vote_ballot (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    vote_id  uuid NOT NULL REFERENCES vote ON DELETE CASCADE,
    voter    text NOT NULL,
    -- Discord's number of what they did: higher came later, the same came twice
    event_id bigint NOT NULL,
    weight   integer NOT NULL CHECK (weight BETWEEN 1 AND 1000),
    via      text NOT NULL CHECK (via IN ('button', 'reaction', 'agent')),
    -- the hash of the salt and of what was chosen; NULL takes back what was chosen before
    seal     text,
    at       timestamptz NOT NULL DEFAULT now(),
    UNIQUE (vote_id, voter, event_id)
);
REVOKE UPDATE, DELETE, TRUNCATE ON vote_ballot FROM cogswarm_bot;

CREATE FUNCTION vote_ballot_in_time() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held vote%ROWTYPE;
BEGIN
    -- Whoever closes the vote waits for this transaction, or this one for them.
    SELECT * INTO held FROM vote WHERE id = NEW.vote_id FOR SHARE;
    NEW.at := vote_now();
    IF held.state <> 'open' OR NEW.at >= held.closes_at THEN
        RAISE EXCEPTION 'The vote is closed.' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER vote_ballot_in_time BEFORE INSERT ON vote_ballot
    FOR EACH ROW EXECUTE FUNCTION vote_ballot_in_time();

-- What was chosen, with its salt. The bot's role can put it here, and reads it only when the vote is closed for good.
CREATE TABLE vote_sealed (
    ballot_id bigint PRIMARY KEY REFERENCES vote_ballot ON DELETE CASCADE,
    salt      bytea NOT NULL,
    choice    text NOT NULL
);
REVOKE UPDATE, DELETE, TRUNCATE ON vote_sealed FROM cogswarm_bot;
ALTER TABLE vote_sealed ENABLE ROW LEVEL SECURITY;
CREATE POLICY anybody_puts ON vote_sealed FOR INSERT TO cogswarm_bot WITH CHECK (true);
CREATE POLICY read_when_closed ON vote_sealed FOR SELECT TO cogswarm_bot USING (EXISTS (
    SELECT FROM vote_ballot JOIN vote ON vote.id = vote_ballot.vote_id
    WHERE vote_ballot.id = vote_sealed.ballot_id AND vote.closed_at IS NOT NULL));
