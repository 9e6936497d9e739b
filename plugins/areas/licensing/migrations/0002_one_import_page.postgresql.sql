-- Registrations come in by the exchange's import page alone. What was imported here stays in the register and in the
-- audit log (上传登记文件, 导入登记文件), the sent files in the store.
DROP TABLE "licensing_import";
