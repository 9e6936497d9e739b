-- The API's limits hold over all processes.
CREATE TABLE "exchange_api_rate" ("id" BIGSERIAL NOT NULL PRIMARY KEY, "caller" TEXT NOT NULL, "minute" BIGINT NOT NULL, "used" BIGINT NOT NULL);
CREATE UNIQUE INDEX "exchange_api_rate_caller" ON "exchange_api_rate" ("caller");
CREATE INDEX "exchange_api_rate_minute" ON "exchange_api_rate" ("minute");
