"""What wrangler would upload, and what it says about each environment."""

import tomllib

import pytest

from runtime import bootstrap, deploy_dry_run

SETTINGS = tomllib.loads((bootstrap.ROOT / "wrangler.toml").read_text())
ENVIRONMENTS = [name for name in deploy_dry_run.environments() if name]


@pytest.fixture(scope="module")
def upload():
    return deploy_dry_run.build("production")


def test_it_is_within_the_free_plans_limit(upload):
    assert upload[1] <= deploy_dry_run.LIMIT_KIB


def test_it_is_the_source_folder_and_the_vendored_packages(upload):
    folder = upload[0]
    names = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    own = {name for name in names if not name.startswith("python_modules/")} - {"README.md"}
    source = bootstrap.ROOT / "src"
    files = {str(path.relative_to(source)) for path in source.rglob("*") if path.is_file()}
    assert own == {name for name in files if "__pycache__" not in name}


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_every_environment_has_all_bindings_and_variables_of_development(environment):
    own = SETTINGS["env"][environment]
    assert _names(SETTINGS) - _names(own) == set()
    assert own["vars"]["ENVIRONMENT"] == environment


def _names(settings):
    lists = ("d1_databases", "kv_namespaces", "r2_buckets")
    bindings = [entry["binding"] for name in lists for entry in settings[name]]
    objects = [entry["name"] for entry in settings["durable_objects"]["bindings"]]
    return {*bindings, *objects, *settings["vars"], settings["ai"]["binding"]}


def test_every_bound_class_has_a_migration():
    classes = {entry["class_name"] for entry in SETTINGS["durable_objects"]["bindings"]}
    assert classes == {name for step in SETTINGS["migrations"] for name in step["new_sqlite_classes"]}
