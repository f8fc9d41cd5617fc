-- What agents use and may use, what people have chosen about them, and what they have read.

-- What was spent on a day, by a member on a server, by a server, and by all; what is put aside for a call under way
-- counts as spent. subject is a member's or a server's id, 0 for all; guild_id is 0 where it is not about one server.
CREATE TABLE spend_limit (
    scope    text NOT NULL CHECK (scope IN ('member', 'guild', 'all')),
    guild_id bigint NOT NULL,
    subject  bigint NOT NULL,
    day      date NOT NULL,
    calls    bigint NOT NULL DEFAULT 0,
    tokens   bigint NOT NULL DEFAULT 0,
    cost     double precision NOT NULL DEFAULT 0,
    PRIMARY KEY (scope, guild_id, subject, day)
);

-- The same for people to look at: who used what through which agent.
CREATE TABLE agent_spend (
    guild_id  bigint NOT NULL,
    day       date NOT NULL,
    agent     text NOT NULL,
    member_id bigint NOT NULL,
    model     text NOT NULL,
    calls     bigint NOT NULL DEFAULT 0,
    failed    bigint NOT NULL DEFAULT 0,
    tokens    bigint NOT NULL DEFAULT 0,
    cost      double precision NOT NULL DEFAULT 0,
    priced    boolean NOT NULL,
    PRIMARY KEY (guild_id, day, agent, member_id, model)
);

-- The warnings that were given: each once.
CREATE TABLE spend_warning (
    key  text PRIMARY KEY,
    at   timestamptz NOT NULL DEFAULT now()
);

-- What an agent works on at this moment: as many rows as it may do things at once, each held by one run at a time.
CREATE TABLE agent_slot (
    agent    text NOT NULL,
    slot     integer NOT NULL,
    holder   uuid,
    run_id   uuid,
    guild_id bigint,
    held     integer NOT NULL DEFAULT 0,
    until    timestamptz NOT NULL DEFAULT '-infinity',
    since    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (agent, slot)
);

-- What a server's admins have chosen about an agent; no row means as the owner has it.
CREATE TABLE agent_choice (
    guild_id   bigint NOT NULL,
    agent      text NOT NULL,
    paused     boolean NOT NULL DEFAULT false,
    model      text,
    changed_by bigint NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (guild_id, agent)
);
CREATE TABLE agent_change (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    guild_id    bigint NOT NULL,
    agent       text NOT NULL,
    action      text NOT NULL CHECK (action IN ('pause', 'resume', 'model')),
    member_id   bigint NOT NULL,
    member_name text NOT NULL,
    before      jsonb NOT NULL,
    after       jsonb NOT NULL,
    changed_at  timestamptz NOT NULL
);
CREATE INDEX agent_change_guild ON agent_change (guild_id, agent, id DESC);
REVOKE UPDATE, DELETE, TRUNCATE ON agent_change FROM cogswarm_bot;

-- Runs that have read text from outside; what they cause needs a person's decision. A mark is never taken away.
CREATE TABLE run_taint (
    run_id uuid PRIMARY KEY REFERENCES run ON DELETE CASCADE,
    source text NOT NULL,
    at     timestamptz NOT NULL DEFAULT now()
);
-- What is remembered by such a run is such text itself; what was remembered before is not known to be free of it.
ALTER TABLE memory ADD COLUMN tainted boolean NOT NULL DEFAULT true;

-- What agents have said to each other in a thread since a person spoke there.
CREATE TABLE agent_talk (
    thread_id bigint NOT NULL,
    number    integer NOT NULL,
    speaker   text NOT NULL,
    addressed text NOT NULL,
    signature bigint[] NOT NULL,
    tokens    bigint NOT NULL DEFAULT 0,
    at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (thread_id, number)
);

-- Services that the bot leaves alone for a while because they failed, and whether people were told.
CREATE TABLE service_outage (
    name      text PRIMARY KEY,
    until     timestamptz NOT NULL,
    told_at   timestamptz,
    began_at  timestamptz NOT NULL DEFAULT now()
);
REVOKE UPDATE, DELETE, TRUNCATE ON run_taint FROM cogswarm_bot;
