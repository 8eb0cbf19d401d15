-- +goose Up

-- A function of ours means the tables of schema public, whatever the session
-- that sets it off has put before them: temporary tables are looked up first
-- unless the path says last (CREATE FUNCTION, "Writing SECURITY DEFINER
-- Functions Safely"). A test asks this of every function to come.

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION version_part_frozen() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
DECLARE
    moves text[] := TG_ARGV[1:] || ARRAY['valid_from'];
    versions uuid[] := ARRAY[(to_jsonb(OLD) ->> TG_ARGV[0])::uuid, (to_jsonb(NEW) ->> TG_ARGV[0])::uuid];
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(OLD) - moves = to_jsonb(NEW) - moves THEN
        RETURN NEW;
    END IF;
    -- The lock makes an approval at the same time wait, or waits for it.
    IF (SELECT bool_or(frozen) FROM (
            SELECT terms_sha256 <> '' AS frozen FROM public.agreement_versions WHERE id = ANY (versions) FOR SHARE
        ) AS locked) THEN
        RAISE EXCEPTION '% of % is refused: the terms of its version are frozen', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN coalesce(NEW, OLD);
END
$$;
-- +goose StatementEnd

-- +goose StatementBegin
CREATE OR REPLACE FUNCTION ledger_leaf_without_gap() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    broken text;
BEGIN
    WITH new_leaves AS (
        SELECT log, min(index) AS first, max(index) AS last, count(*) AS leaves FROM added GROUP BY log
    )
    SELECT format('log %s: leaves %s to %s', log, first, last) INTO broken
    FROM new_leaves
    WHERE last - first + 1 <> leaves
       OR first <> coalesce((SELECT max(before.index) + 1 FROM public.ledger_leaf before
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

-- +goose StatementBegin
DO $$
DECLARE
    ours regprocedure;
BEGIN
    FOR ours IN SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prorettype = 'trigger'::regtype LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = pg_catalog, public, pg_temp', ours);
        EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', ours);
    END LOOP;
    -- Nobody needs a temporary table here.
    EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', current_database());
END
$$;
-- +goose StatementEnd
