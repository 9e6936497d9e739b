-- Fragments of names and codes: pairs of neighbouring signs, nothing stored but the index.
CREATE VIRTUAL TABLE subject_search USING fts5(words, content='', tokenize='unicode61 remove_diacritics 0');
-- The audit log only grows; a mistake in the program cannot change it (the chain shows who changes the file).
CREATE TRIGGER audit_entry_no_update BEFORE UPDATE ON audit_entry BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END;
CREATE TRIGGER audit_entry_no_delete BEFORE DELETE ON audit_entry BEGIN SELECT RAISE(ABORT, 'audit_entry is append-only'); END;
-- 三员: a technical role stands alone, also against direct SQL.
CREATE TRIGGER account_role_exclusive BEFORE INSERT ON account_role
WHEN NEW.ended_at IS NULL AND EXISTS (
  SELECT 1 FROM account_role held WHERE held.user_id = NEW.user_id AND held.ended_at IS NULL AND held.role <> NEW.role
  AND (held.role IN ('sysadmin', 'secadmin', 'auditor') OR NEW.role IN ('sysadmin', 'secadmin', 'auditor')))
BEGIN SELECT RAISE(ABORT, 'technical roles are exclusive'); END;
CREATE TRIGGER account_role_exclusive_update BEFORE UPDATE ON account_role
WHEN NEW.ended_at IS NULL AND EXISTS (
  SELECT 1 FROM account_role held WHERE held.user_id = NEW.user_id AND held.id <> NEW.id AND held.ended_at IS NULL AND held.role <> NEW.role
  AND (held.role IN ('sysadmin', 'secadmin', 'auditor') OR NEW.role IN ('sysadmin', 'secadmin', 'auditor')))
BEGIN SELECT RAISE(ABORT, 'technical roles are exclusive'); END;
-- The task queue's own tables (huey's SqlStorage).
CREATE TABLE "kv" ("queue" VARCHAR(255) NOT NULL, "key" VARCHAR(255) NOT NULL, "value" BLOB NOT NULL, PRIMARY KEY ("queue", "key"));
CREATE TABLE "schedule" ("id" INTEGER NOT NULL PRIMARY KEY, "queue" VARCHAR(255) NOT NULL, "data" BLOB NOT NULL, "timestamp" INTEGER NOT NULL);
CREATE INDEX "schedule_queue_timestamp" ON "schedule" ("queue", "timestamp");
CREATE TABLE "task" ("id" INTEGER NOT NULL PRIMARY KEY, "queue" VARCHAR(255) NOT NULL, "data" BLOB NOT NULL, "priority" REAL NOT NULL);
CREATE INDEX "task_priority_id" ON "task" ("priority" DESC, "id");
CREATE TABLE "counter" ("queue" VARCHAR(255) NOT NULL, "key" VARCHAR(255) NOT NULL, "value" INTEGER NOT NULL, PRIMARY KEY ("queue", "key"));
