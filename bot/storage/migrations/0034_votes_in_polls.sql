-- Votes whose ballots come from one of Discord's polls, which are public: they are read when the poll has ended.

-- The message with the poll, in the vote's thread.
ALTER TABLE vote ADD COLUMN poll_id bigint;
CREATE INDEX vote_poll ON vote (poll_id) WHERE poll_id IS NOT NULL;

ALTER TABLE vote_ballot DROP CONSTRAINT vote_ballot_via_check;
ALTER TABLE vote_ballot ADD CONSTRAINT vote_ballot_via_check CHECK (via IN ('button', 'reaction', 'agent', 'poll'));

-- As before; of a vote with a poll people's ballots come from it alone, and are there when its time is over.
CREATE OR REPLACE FUNCTION vote_ballot_in_time() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    held vote%ROWTYPE;
BEGIN
    -- Whoever closes the vote waits for this transaction, or this one for them.
    SELECT * INTO held FROM vote WHERE id = NEW.vote_id FOR SHARE;
    NEW.at := vote_now();
    IF held.state <> 'open' OR (NEW.via <> 'poll' AND NEW.at >= held.closes_at) THEN
        RAISE EXCEPTION 'The vote is closed.' USING ERRCODE = 'check_violation';
    END IF;
    IF NEW.via <> 'agent' AND (NEW.via = 'poll') <> (held.poll_id IS NOT NULL) THEN
        RAISE EXCEPTION 'Ballots of this vote come another way.' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
