"""The role of the web processes: it owns nothing, so that row security holds for it; see row_security.py."""

from django.db import migrations

FORWARD = """
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'corsia_app') THEN
        BEGIN
            CREATE ROLE corsia_app NOLOGIN;
        EXCEPTION WHEN duplicate_object OR unique_violation THEN
            NULL;  -- two databases of one server migrate at the same time
        END;
    END IF;
    IF NOT pg_has_role(current_user, 'corsia_app', 'MEMBER') THEN
        EXECUTE format('GRANT corsia_app TO %I', current_user);
    END IF;
END $$;
GRANT USAGE ON SCHEMA public TO corsia_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO corsia_app;
GRANT USAGE, SELECT, UPDATE ON ALL SEQUENCES IN SCHEMA public TO corsia_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO corsia_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO corsia_app;
REVOKE UPDATE, DELETE ON kernel_auditentry, kernel_auditseal, kernel_factrecord FROM corsia_app;
"""
BACKWARD = """
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON TABLES FROM corsia_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public REVOKE ALL ON SEQUENCES FROM corsia_app;
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM corsia_app;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM corsia_app;
REVOKE USAGE ON SCHEMA public FROM corsia_app;
"""


class Migration(migrations.Migration):
    dependencies = [("kernel", "0002_audit_unchangeable")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
