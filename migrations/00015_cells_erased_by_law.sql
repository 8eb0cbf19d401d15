-- +goose Up

-- A published cell goes with the text of the entry that it is, by a tombstone
-- alone. Cells stand here that are a text of their row's entry and are written
-- otherwise than it, such as with a space at the end.
DROP TRIGGER source_cells_append_only ON source_cells;
CREATE TRIGGER source_cells_append_only BEFORE UPDATE OR TRUNCATE ON source_cells FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE source_cells ENABLE ALWAYS TRIGGER source_cells_append_only;
-- +goose StatementBegin
CREATE FUNCTION refuse_quiet_erasure_of_cells() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM public.source_rows r JOIN public.entries e ON e.about = r.entry_number AND e.kind = 'tombstone'
        WHERE r.edition_source_rows = OLD.edition_id AND r.sheet_index = OLD.sheet AND r.line = OLD.line
            AND e.fields ? (r.texts ->> OLD."column"::text)
    ) THEN
        RAISE EXCEPTION '% of % is refused: a cell is erased by a tombstone in the register, and is never changed', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation', CONSTRAINT = TG_NAME, TABLE = TG_TABLE_NAME;
    END IF;
    RETURN OLD;
END
$$;
-- +goose StatementEnd
REVOKE EXECUTE ON FUNCTION refuse_quiet_erasure_of_cells() FROM PUBLIC;
CREATE TRIGGER source_cells_erased_by_law BEFORE DELETE ON source_cells
    FOR EACH ROW EXECUTE FUNCTION refuse_quiet_erasure_of_cells();
ALTER TABLE source_cells ENABLE ALWAYS TRIGGER source_cells_erased_by_law;
GRANT DELETE ON source_cells TO registrar_serve;
