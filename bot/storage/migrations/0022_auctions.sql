-- Auctions: who says what a task would take them, sealed until a time, who got it for that, and what it then took.

-- The time that auctions go by. Only the owner of the database can make it say something else.
CREATE FUNCTION auction_now() RETURNS timestamptz LANGUAGE sql VOLATILE AS 'SELECT clock_timestamp()';

-- A task that is promised to somebody, or to whoever something else than its queue decides for: nobody else claims it.
CREATE TABLE task_reserved (
    task_id uuid PRIMARY KEY REFERENCES task ON DELETE CASCADE,
    -- of the task when it was reserved; with the next holder the reservation is over
    fence   bigint NOT NULL,
    -- a sentence for whoever tries
    reason  text NOT NULL,
    -- so that nothing waits for ever for what died
    until   timestamptz NOT NULL
);

CREATE TABLE auction (
    -- also the seed that breaks ties
    id          uuid PRIMARY KEY,
    guild_id    bigint NOT NULL,
    number      integer NOT NULL,
    task_id     uuid NOT NULL REFERENCES task ON DELETE CASCADE,
    asked_by    bigint NOT NULL,
    rules       jsonb NOT NULL,
    opened_at   timestamptz NOT NULL,
    closes_at   timestamptz NOT NULL CHECK (closes_at > opened_at),
    state       text NOT NULL DEFAULT 'open' CHECK (state IN
                ('open', 'decided', 'veto', 'awarded', 'settled', 'nobody', 'vetoed', 'taken', 'cancelled')),
    run_id      uuid,
    -- what was measured at the close, and the order of the bids; NULL before
    decision    jsonb,
    -- whose turn it is, and who is out: vetoed, silent, or not willing
    winner      text,
    winner_name text NOT NULL DEFAULT '',
    gone        text[] NOT NULL DEFAULT '{}',
    veto_until  timestamptz,
    -- the task's fence while the winner has it
    award_fence bigint,
    awarded_at  timestamptz,
    reason      text NOT NULL DEFAULT '',
    ended_at    timestamptz,
    -- the message with the call, and what it says by now
    said_row    bigint,
    shown       text NOT NULL DEFAULT '',
    edits       integer NOT NULL DEFAULT 0,
    UNIQUE (guild_id, number)
);
CREATE UNIQUE INDEX auction_live ON auction (task_id) WHERE state IN ('open', 'decided', 'veto', 'awarded');
CREATE INDEX auction_task ON auction (task_id, number DESC);
CREATE INDEX auction_guild_live ON auction (guild_id, number) WHERE state IN ('open', 'decided', 'veto', 'awarded');
-- When it closes is said once: a later statement cannot open bids before that.
REVOKE UPDATE, DELETE, TRUNCATE ON auction FROM cogswarm_bot;
GRANT UPDATE (state, run_id, decision, winner, winner_name, gone, veto_until, award_fence, awarded_at, reason, ended_at,
              said_row, shown, edits) ON auction TO cogswarm_bot;

-- That somebody bid, or took it back; of each bidder the last counts. What they said is sealed.
CREATE TABLE auction_bid (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    auction_id  uuid NOT NULL REFERENCES auction ON DELETE CASCADE,
    bidder      text NOT NULL,
    bidder_name text NOT NULL,
    -- the hash of the salt and of what was said; NULL takes back what was bid before
    seal        text,
    via         text NOT NULL CHECK (via IN ('agent', 'button', 'command', 'bus')),
    -- facts, not claims: how much of what is needed they can do, and how many tasks at once
    match       double precision NOT NULL DEFAULT 1,
    concurrency integer NOT NULL DEFAULT 1,
    at          timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX auction_bid_auction ON auction_bid (auction_id, id);
REVOKE UPDATE, DELETE, TRUNCATE ON auction_bid FROM cogswarm_bot;

CREATE FUNCTION auction_bid_in_time() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    call auction%ROWTYPE;
BEGIN
    -- Whoever closes the auction waits for this transaction, or this one for them.
    SELECT * INTO call FROM auction WHERE id = NEW.auction_id FOR SHARE;
    NEW.at := auction_now();
    IF call.state <> 'open' OR NEW.at >= call.closes_at THEN
        RAISE EXCEPTION 'The auction is closed.' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER auction_bid_in_time BEFORE INSERT ON auction_bid
    FOR EACH ROW EXECUTE FUNCTION auction_bid_in_time();

-- What was said, with its salt. The bot's role can put it here, and reads it only when the auction is over.
CREATE TABLE auction_sealed (
    bid_id bigint PRIMARY KEY REFERENCES auction_bid ON DELETE CASCADE,
    salt   bytea NOT NULL,
    claim  text NOT NULL
);
REVOKE UPDATE, DELETE, TRUNCATE ON auction_sealed FROM cogswarm_bot;
ALTER TABLE auction_sealed ENABLE ROW LEVEL SECURITY;
CREATE POLICY anybody_puts ON auction_sealed FOR INSERT TO cogswarm_bot WITH CHECK (true);
CREATE POLICY read_when_over ON auction_sealed FOR SELECT TO cogswarm_bot USING (EXISTS (
    SELECT FROM auction_bid JOIN auction ON auction.id = auction_bid.auction_id
    WHERE auction_bid.id = auction_sealed.bid_id AND auction.closes_at <= auction_now()));

-- The log: everything that happened; `told` says that people have been shown it.
CREATE TABLE auction_event (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    auction_id  uuid NOT NULL REFERENCES auction ON DELETE CASCADE,
    guild_id    bigint NOT NULL,
    kind        text NOT NULL,
    bidder      text NOT NULL DEFAULT '',
    bidder_name text NOT NULL DEFAULT '',
    body        jsonb NOT NULL DEFAULT '{}',
    at          timestamptz NOT NULL DEFAULT now(),
    told        boolean NOT NULL DEFAULT false
);
CREATE INDEX auction_event_untold ON auction_event (guild_id, id) WHERE NOT told;
CREATE INDEX auction_event_auction ON auction_event (auction_id, id);
REVOKE UPDATE, DELETE, TRUNCATE ON auction_event FROM cogswarm_bot;
GRANT UPDATE (told) ON auction_event TO cogswarm_bot;

-- What is known of a bidder from the tasks that they were given for their bids.
CREATE TABLE auction_record (
    guild_id bigint NOT NULL,
    bidder   text NOT NULL,
    -- the mean logarithm of taken / estimated
    low      double precision NOT NULL,
    tasks    integer NOT NULL,
    -- what a task has taken them lately
    seconds  double precision NOT NULL,
    cost     double precision NOT NULL,
    PRIMARY KEY (guild_id, bidder)
);
