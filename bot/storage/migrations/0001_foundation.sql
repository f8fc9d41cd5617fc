-- What every later file builds on: vectors, the job queue's own schema, and what the bot's role may do.
-- Files run as the owner of the tables; the bot works as cogswarm_bot, which may read and write rows and nothing else.
-- A table the bot must not change (an audit trail) takes rights away again in the file that makes it:
--     REVOKE UPDATE, DELETE ON audit FROM cogswarm_bot;

CREATE EXTENSION IF NOT EXISTS vector;

CREATE SCHEMA procrastinate;

GRANT USAGE ON SCHEMA public, procrastinate TO cogswarm_bot;

ALTER DEFAULT PRIVILEGES IN SCHEMA public, procrastinate
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO cogswarm_bot;
ALTER DEFAULT PRIVILEGES IN SCHEMA public, procrastinate
    GRANT USAGE, SELECT ON SEQUENCES TO cogswarm_bot;
