ALTER TABLE "login_session" ADD COLUMN "half" BOOLEAN;
CREATE TABLE "second_factor" ("id" BIGSERIAL NOT NULL PRIMARY KEY, "user_id" BIGINT NOT NULL, "nonce" TEXT NOT NULL, "digest" TEXT NOT NULL, "last_step" INTEGER NOT NULL, "since" TIMESTAMPTZ NOT NULL, FOREIGN KEY ("user_id") REFERENCES "account" ("id"));
CREATE UNIQUE INDEX "second_factor_user_id" ON "second_factor" ("user_id");
