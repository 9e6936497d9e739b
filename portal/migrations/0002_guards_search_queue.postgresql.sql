-- Fragments of names and codes: pairs of neighbouring signs in a GIN index; "keys" serves the recheck.
CREATE TABLE subject_search (subject_id BIGINT PRIMARY KEY REFERENCES subject (id), keys TEXT NOT NULL, words TEXT[] NOT NULL);
CREATE INDEX subject_search_words ON subject_search USING gin (words);
-- The audit log only grows.
CREATE FUNCTION portal_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$;
CREATE TRIGGER audit_entry_append_only BEFORE UPDATE OR DELETE ON audit_entry FOR EACH ROW EXECUTE FUNCTION portal_append_only();
-- 三员: a technical role stands alone, also against direct SQL.
CREATE FUNCTION portal_exclusive_roles() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF NEW.ended_at IS NULL AND EXISTS (
    SELECT 1 FROM account_role held WHERE held.user_id = NEW.user_id AND held.id <> NEW.id AND held.ended_at IS NULL AND held.role <> NEW.role
    AND (held.role IN ('sysadmin', 'secadmin', 'auditor') OR NEW.role IN ('sysadmin', 'secadmin', 'auditor')))
  THEN RAISE EXCEPTION 'technical roles are exclusive'; END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER account_role_exclusive BEFORE INSERT OR UPDATE ON account_role FOR EACH ROW EXECUTE FUNCTION portal_exclusive_roles();
-- The task queue's own tables (huey's SqlStorage).
CREATE TABLE "kv" ("queue" VARCHAR(255) NOT NULL, "key" VARCHAR(255) NOT NULL, "value" BYTEA NOT NULL, PRIMARY KEY ("queue", "key"));
CREATE TABLE "schedule" ("id" SERIAL NOT NULL PRIMARY KEY, "queue" VARCHAR(255) NOT NULL, "data" BYTEA NOT NULL, "timestamp" BIGINT NOT NULL);
CREATE INDEX "schedule_queue_timestamp" ON "schedule" ("queue", "timestamp");
CREATE TABLE "task" ("id" SERIAL NOT NULL PRIMARY KEY, "queue" VARCHAR(255) NOT NULL, "data" BYTEA NOT NULL, "priority" REAL NOT NULL);
CREATE INDEX "task_priority_id" ON "task" ("priority" DESC, "id");
CREATE TABLE "counter" ("queue" VARCHAR(255) NOT NULL, "key" VARCHAR(255) NOT NULL, "value" INTEGER NOT NULL, PRIMARY KEY ("queue", "key"));
