ALTER TABLE "login_session" ADD COLUMN "proven_at" TIMESTAMPTZ;
