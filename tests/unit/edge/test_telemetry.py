import json

from edge.telemetry import LEVELS, JsonLog, Registry


def test_counters_and_histograms_are_rendered_for_prometheus():
    registry = Registry()
    for status in ("200", "200", "404"):
        registry.count("requests_total", route="/a", status=status)
    for value in (3, 7, 70):
        registry.observe("duration", value, (5, 50), route="/a")
    assert registry.render().splitlines() == [
        "# TYPE requests_total counter",
        'requests_total{route="/a",status="200"} 2',
        'requests_total{route="/a",status="404"} 1',
        "# TYPE duration histogram",
        'duration_bucket{route="/a",le="5"} 1',
        'duration_bucket{route="/a",le="50"} 2',
        'duration_bucket{route="/a",le="+Inf"} 3',
        'duration_sum{route="/a"} 80',
        'duration_count{route="/a"} 3',
    ]


def test_label_values_are_escaped():
    registry = Registry()
    registry.count("c", value='a"b\\c\nd')
    assert registry.render().splitlines()[1] == 'c{value="a\\"b\\\\c\\nd"} 1'


def test_a_log_line_is_one_json_object_with_the_request_id(capsys):
    JsonLog(LEVELS["info"]).for_request("r1").warning("odd", reason="line\nbreak")
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == {
        "level": "warning",
        "event": "odd",
        "requestId": "r1",
        "reason": "line\nbreak",
    }


def test_lines_below_the_threshold_are_not_written(capsys):
    JsonLog(LEVELS["warning"]).info("request")
    assert capsys.readouterr().out == ""
