-- The agents of a bus as workers: what a cog asks them, and what they answer, which the cog reads instead of Discord.

-- Nothing in Discord asks what a cog asks.
ALTER TABLE bus_request ALTER COLUMN message_id DROP NOT NULL;
ALTER TABLE bus_request
    -- who asks, by which job it hears the answer, and its own note of what it is about; empty where a person asks
    ADD COLUMN cog        text NOT NULL DEFAULT '',
    ADD COLUMN job        text NOT NULL DEFAULT '',
    ADD COLUMN note       text NOT NULL DEFAULT '',
    -- from then on it is neither sent nor waited for
    ADD COLUMN expires_at timestamptz;
CREATE INDEX bus_request_expires ON bus_request (expires_at)
    WHERE expires_at IS NOT NULL AND state IN ('queued', 'sending', 'sent');

-- unheard: for a cog that has not read it yet
ALTER TABLE bus_letter DROP CONSTRAINT bus_letter_state_check;
ALTER TABLE bus_letter ADD CONSTRAINT bus_letter_state_check CHECK (state IN
    ('posted', 'receipt', 'review', 'assigned', 'discarded', 'old', 'own', 'unheard', 'heard'));
CREATE INDEX bus_letter_unheard ON bus_letter (number) WHERE state = 'unheard';

-- An answer that names nothing is compared with what is open to its agent, also while that is being sent.
DROP INDEX bus_request_open;
CREATE INDEX bus_request_open ON bus_request (agent) WHERE state IN ('sent', 'sending');
-- Whether anything is waited for, among all that was never answered.
CREATE INDEX bus_request_sent ON bus_request (sent_at) WHERE state = 'sent';
-- Whoever is silent is asked again, the longest silent first.
CREATE INDEX bus_request_silent ON bus_request (sent_at) WHERE state = 'sent' AND reminded < 2;
-- What is old is forgotten, and no more looked at.
CREATE INDEX bus_request_said ON bus_request (created_at) WHERE body <> '';
