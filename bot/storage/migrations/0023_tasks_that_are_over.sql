-- A queue's board counts what was over lately, however much lies finished.
CREATE INDEX task_over ON task (queue_id, ended_at) WHERE ended_at IS NOT NULL;
