-- Tokens of models without a price: what a run has cost is then not known, which is not the same as nothing.
ALTER TABLE run ADD COLUMN model_unpriced bigint NOT NULL DEFAULT 0;
