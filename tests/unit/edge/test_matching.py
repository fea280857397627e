import pytest

from edge.http.matching import Router
from edge.http.routes import Routes
from services.problems import BadRequest, MethodNotAllowed, NotFound

routes = Routes("/api/v1", "Things")


@routes.get("/things")
async def list_things(call): ...


@routes.post("/things")
async def make_thing(call): ...


@routes.get("/things/{thing_id}", aliases=("/thing/{thing_id}",))
async def read_thing(call, thing_id): ...


@routes.get("/things/mine")
async def my_things(call): ...


@routes.get("/files/{path...}")
async def read_file(call, path): ...


@routes.get("/studies/{study_id}")
async def read_study(call, study_id): ...


router = Router(routes.declared)


def matched(method, path):
    route, parameters = router.match(method, path)
    return route.name, dict(parameters)


@pytest.mark.parametrize(
    ("method", "path", "expected"),
    [
        ("GET", "/api/v1/things", ("list_things", {})),
        ("HEAD", "/api/v1/things", ("list_things", {})),
        ("GET", "/api/v1/things/7", ("read_thing", {"thing_id": "7"})),
        ("GET", "/api/v1/things/mine", ("my_things", {})),
        ("GET", "/thing/7", ("read_thing", {"thing_id": "7"})),
        ("GET", "/api/v1/things/%ED%95%9C", ("read_thing", {"thing_id": "한"})),
        ("GET", "/api/v1/files/a/b%2Fc.png", ("read_file", {"path": "a/b/c.png"})),
        ("GET", "/edge/api/v1/things/7", ("read_thing", {"thing_id": "7"})),
        ("GET", "/api/studies/5", ("read_study", {"study_id": "5"})),
    ],
)
def test_a_path_finds_its_route(method, path, expected):
    assert matched(method, path) == expected


@pytest.mark.parametrize(
    "path",
    ["/", "/api/v1", "/api/v1/things/", "/api/v1/things/7/more", "/api/v1//things", "/nowhere", "/" * 3000],
)
def test_what_is_not_declared_is_not_found(path):
    with pytest.raises(NotFound):
        router.match("GET", path)


def test_a_wrong_method_is_told_what_is_allowed():
    with pytest.raises(MethodNotAllowed) as refused:
        router.match("DELETE", "/api/v1/things")
    assert refused.value.headers == (("allow", "GET, HEAD, OPTIONS, POST"),)


@pytest.mark.parametrize("segment", ["%FF", "%00", "a%00b"])
def test_a_path_that_is_no_text_is_a_bad_request(segment):
    with pytest.raises(BadRequest):
        router.match("GET", f"/api/v1/things/{segment}")


def test_two_handlers_cannot_claim_one_path():
    twice = Routes("/api/v1", "Things")
    twice.get("/things")(list_things)
    twice.get("/things")(my_things)
    with pytest.raises(ValueError, match="declared twice"):
        Router(twice.declared)
