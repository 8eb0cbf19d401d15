-- +goose Up

-- What a published row said beside its texts goes by law too: its cells become
-- nothing once a tombstone names the text as_published of an entry that was made
-- of the row. Nothing else of a row is ever changed.
DROP TRIGGER source_rows_append_only ON source_rows;
CREATE TRIGGER source_rows_append_only BEFORE DELETE OR TRUNCATE
    OR UPDATE OF id, sheet, sheet_index, line, entry_number, edition_source_rows, texts ON source_rows FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE source_rows ENABLE ALWAYS TRIGGER source_rows_append_only;
-- +goose StatementBegin
CREATE FUNCTION refuse_quiet_erasure_of_rows() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF jsonb_array_length(NEW.cells) <> jsonb_array_length(OLD.cells)
        OR EXISTS (
            SELECT FROM jsonb_array_elements(NEW.cells) WITH ORDINALITY AS n (cell, place)
            WHERE n.cell <> 'null'::jsonb AND n.cell IS DISTINCT FROM OLD.cells -> (n.place::int - 1)
        )
        OR NOT EXISTS (
            SELECT FROM public.entries e JOIN public.entries tombstone ON tombstone.about = e.id AND tombstone.kind = 'tombstone'
            WHERE tombstone.fields ? 'as_published' AND e.edition_entries = OLD.edition_source_rows
                AND (e.id = OLD.entry_number OR (e.sheet = OLD.sheet_index AND e.line = OLD.line))
        )
    THEN
        RAISE EXCEPTION '% of % is refused: cells of a row are erased by a tombstone in the register, and are never changed', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN NEW;
END
$$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION refuse_quiet_erasure_of_rows() FROM PUBLIC;
CREATE TRIGGER source_rows_erased_by_law BEFORE UPDATE ON source_rows
    FOR EACH ROW EXECUTE FUNCTION refuse_quiet_erasure_of_rows();
ALTER TABLE source_rows ENABLE ALWAYS TRIGGER source_rows_erased_by_law;
GRANT UPDATE (cells) ON source_rows TO registrar_serve;
