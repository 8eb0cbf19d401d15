-- +goose Up

-- The three groups of log-ins. Who logs in as a member of which is the
-- deployment's affair; none of them owns a table, so none may alter, truncate
-- or disable a trigger. Roles belong to the whole cluster: another database may
-- have made them already, or be making them this moment.
-- +goose StatementBegin
DO $$
DECLARE
    name text;
BEGIN
    FOREACH name IN ARRAY ARRAY['registrar_serve', 'registrar_linking', 'registrar_extracting'] LOOP
        BEGIN
            IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = name) THEN
                EXECUTE format('CREATE ROLE %I NOLOGIN', name);
            END IF;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;
        END;
    END LOOP;
END
$$;
-- +goose StatementEnd

REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO registrar_serve, registrar_linking, registrar_extracting;

-- Every program looks at the database's version before it starts. goose makes
-- the table; a replay of these files by another tool has none.
-- +goose StatementBegin
DO $$
BEGIN
    IF to_regclass('goose_db_version') IS NOT NULL THEN
        GRANT SELECT ON goose_db_version TO registrar_serve, registrar_linking, registrar_extracting;
    END IF;
END
$$;
-- +goose StatementEnd

-- The rule of tables whose rows are never changed. Callers know it by SQLSTATE
-- 23001 and the trigger's name in the constraint field.
-- +goose StatementBegin
CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: %', TG_OP, TG_TABLE_NAME, coalesce(TG_ARGV[0], 'its rows are never changed')
        USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
END
$$;
-- +goose StatementEnd

-- append_only makes a table one whose rows are only ever added, for its owner
-- too and in a replica's session.
-- +goose StatementBegin
CREATE FUNCTION append_only(target regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    rule text := (SELECT relname || '_append_only' FROM pg_class WHERE oid = target);
BEGIN
    EXECUTE format('CREATE TRIGGER %I BEFORE UPDATE OR DELETE OR TRUNCATE ON %s
                    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change()', rule, target);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', target, rule);
END
$$;
-- +goose StatementEnd

-- Every row that a mutable table once had: "as of" reads this. The present rows
-- stand in their own table, valid since their valid_from.
CREATE TABLE history (
    id         bigint    GENERATED ALWAYS AS IDENTITY,
    table_name text      NOT NULL,
    row_id     text      NOT NULL,
    valid      tstzrange NOT NULL,
    row        jsonb     NOT NULL,
    ended_by   text      NOT NULL,
    actor      text      NOT NULL,
    CONSTRAINT history_pkey PRIMARY KEY (id),
    CONSTRAINT history_valid_is_a_span CHECK (NOT isempty(valid) AND NOT upper_inf(valid)),
    CONSTRAINT history_ended_by_change CHECK (ended_by IN ('UPDATE', 'DELETE'))
);
CREATE INDEX history_row ON history (table_name, row_id, id);
SELECT append_only('history'); -- and only the trigger adds, with its owner's right

-- The actor is the setting registrar.actor of the transaction; a change by hand
-- shows the log-in instead. The moments are the database's own, so that no
-- caller can back-date them. A transaction that began before the row's last
-- change, or changes a row twice, ends the old row when it happens.
-- +goose StatementBegin
CREATE FUNCTION keep_row() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public AS $$
DECLARE
    moment timestamptz := transaction_timestamp();
    old_row jsonb;
BEGIN
    IF TG_OP = 'INSERT' THEN
        NEW.valid_from := moment;
        RETURN NEW;
    END IF;
    IF OLD.valid_from >= moment THEN
        moment := greatest(clock_timestamp(), OLD.valid_from + interval '1 microsecond');
    END IF;
    IF TG_OP = 'UPDATE' THEN
        NEW.valid_from := OLD.valid_from;
        IF NEW IS NOT DISTINCT FROM OLD THEN
            RETURN NEW;
        END IF;
        NEW.valid_from := moment;
    END IF;
    old_row := to_jsonb(OLD) - 'valid_from';
    INSERT INTO public.history (table_name, row_id, valid, row, ended_by, actor)
    VALUES (
        TG_TABLE_NAME,
        (SELECT string_agg(old_row ->> key, ',' ORDER BY place) FROM unnest(TG_ARGV) WITH ORDINALITY AS keys (key, place)),
        tstzrange(OLD.valid_from, moment),
        old_row,
        TG_OP,
        coalesce(nullif(current_setting('registrar.actor', true), ''), 'database:' || session_user)
    );
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION keep_row() FROM PUBLIC;

-- keep_history gives a mutable table its history, whoever changes a row.
-- +goose StatementBegin
CREATE FUNCTION keep_history(target regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    name text := (SELECT relname FROM pg_class WHERE oid = target);
    keys text := (SELECT string_agg(quote_literal(attname), ', ' ORDER BY array_position(indkey, attnum))
                  FROM pg_index JOIN pg_attribute ON attrelid = indrelid AND attnum = ANY (indkey)
                  WHERE indrelid = target AND indisprimary);
BEGIN
    EXECUTE format('ALTER TABLE %s ADD COLUMN valid_from timestamptz NOT NULL DEFAULT transaction_timestamp()', target);
    EXECUTE format('CREATE TRIGGER %I BEFORE INSERT OR UPDATE OR DELETE ON %s
                    FOR EACH ROW EXECUTE FUNCTION keep_row(%s)', name || '_history', target, keys);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', target, name || '_history');
    EXECUTE format('CREATE TRIGGER %I BEFORE TRUNCATE ON %s FOR EACH STATEMENT
                    EXECUTE FUNCTION refuse_change(''it would leave no history'')', name || '_no_truncate', target);
    EXECUTE format('ALTER TABLE %s ENABLE ALWAYS TRIGGER %I', target, name || '_no_truncate');
END
$$;
-- +goose StatementEnd

REVOKE EXECUTE ON FUNCTION append_only(regclass), keep_history(regclass) FROM PUBLIC;
