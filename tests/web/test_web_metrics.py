from web.metrics import Sample, render


def test_a_name_that_ends_in_total_is_a_counter_and_any_other_a_gauge():
    text = render([Sample("rows_total", "rows", 3.0), Sample("up", "1 while it stands", 1.0)]).decode()
    assert "# TYPE rows_total counter\nrows_total 3.0\n" in text
    assert "# TYPE up gauge\nup 1.0\n" in text


def test_samples_of_one_name_are_one_family_with_their_labels():
    text = render(Sample("reading", "1 while it reads", n, (("reader", f"r{n}"),)) for n in (0, 1)).decode()
    assert text.count("# HELP reading") == 1
    assert text.endswith('reading{reader="r0"} 0.0\nreading{reader="r1"} 1.0\n')
