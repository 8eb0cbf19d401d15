-- +goose Up

-- The transparency logs (package release/ledger): leaves, the hashes over them
-- in the order of tlog.StoredHashIndex, and the signed checkpoints.

CREATE TABLE ledger_leaf (
    log   text   NOT NULL,
    index bigint NOT NULL,
    leaf  bytea  NOT NULL,
    CONSTRAINT ledger_leaf_pkey PRIMARY KEY (log, index),
    CONSTRAINT ledger_leaf_index_from_zero CHECK (index >= 0),
    -- An entry bundle gives each leaf's length in two bytes (C2SP tlog-tiles).
    CONSTRAINT ledger_leaf_size CHECK (octet_length(leaf) BETWEEN 1 AND 65535)
);

CREATE TABLE ledger_hash (
    log  text   NOT NULL,
    id   bigint NOT NULL,
    hash bytea  NOT NULL,
    CONSTRAINT ledger_hash_pkey PRIMARY KEY (log, id),
    CONSTRAINT ledger_hash_id_from_zero CHECK (id >= 0),
    CONSTRAINT ledger_hash_size CHECK (octet_length(hash) = 32)
);

CREATE TABLE ledger_checkpoint (
    log  text        NOT NULL,
    size bigint      NOT NULL,
    note text        NOT NULL,
    at   timestamptz NOT NULL,
    CONSTRAINT ledger_checkpoint_pkey PRIMARY KEY (log, size),
    CONSTRAINT ledger_checkpoint_size_from_zero CHECK (size >= 0)
);

-- Nothing in a log is ever changed, whoever asks.
SELECT append_only('ledger_leaf');
SELECT append_only('ledger_hash');
SELECT append_only('ledger_checkpoint');

-- A leaf's index is its entry's number less one, and entries have no gaps.
-- +goose StatementBegin
CREATE FUNCTION ledger_leaf_without_gap() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    broken text;
BEGIN
    WITH new_leaves AS (
        SELECT log, min(index) AS first, max(index) AS last, count(*) AS leaves FROM added GROUP BY log
    )
    SELECT format('log %s: leaves %s to %s', log, first, last) INTO broken
    FROM new_leaves
    WHERE last - first + 1 <> leaves
       OR first <> coalesce((SELECT max(before.index) + 1 FROM ledger_leaf before
                             WHERE before.log = new_leaves.log AND before.index < new_leaves.first), 0)
    LIMIT 1;
    IF broken IS NOT NULL THEN
        RAISE EXCEPTION '% would leave a gap', broken
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NULL;
END
$$;
-- +goose StatementEnd

CREATE TRIGGER ledger_leaf_without_gap AFTER INSERT ON ledger_leaf
    REFERENCING NEW TABLE AS added
    FOR EACH STATEMENT EXECUTE FUNCTION ledger_leaf_without_gap();
