-- Lists of tasks: each state by itself, the newest first, of a server, of a queue, and of who asked for them.
DROP INDEX task_guild;
CREATE INDEX task_guild ON task (guild_id, state, created_at DESC, number DESC);
DROP INDEX task_queue_state;
CREATE INDEX task_queue_state ON task (queue_id, state, created_at DESC, number DESC);
CREATE INDEX task_member ON task (guild_id, member_id, state, created_at DESC, number DESC);
