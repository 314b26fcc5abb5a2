//! A plot as SVG: lines over a logarithmic axis, readable on light and on dark pages.

use std::fmt::Write;

/// One line of the plot.
#[derive(Debug)]
pub(crate) struct Line<'a> {
    pub(crate) name: &'a str,
    pub(crate) points: Vec<(f64, f64)>,
}

/// Width and height, and the space around the lines: left, top, right, bottom.
const SIZE: (f64, f64) = (760.0, 420.0);
const LEFT: f64 = 64.0;
const TOP: f64 = 48.0;
const RIGHT: f64 = 190.0;
const BOTTOM: f64 = 56.0;
/// Told apart also by who sees colours differently (Okabe and Ito's set), on white and on black.
const COLOURS: [&str; 6] = ["#7f7f7f", "#d55e00", "#0072b2", "#009e73", "#cc79a7", "#e69f00"];
/// The least distance between two names at the right.
const NAME_HEIGHT: f64 = 17.0;

/// A plot whose x axis is logarithmic and whose y axis begins at zero.
pub(crate) fn draw(title: &str, x_name: &str, y_name: &str, lines: &[Line<'_>]) -> String {
    let all = || lines.iter().flat_map(|line| &line.points);
    let mut xs: Vec<f64> = all().map(|(x, _)| *x).collect();
    xs.sort_by(f64::total_cmp);
    xs.dedup();
    let (low, high) = (xs.first().copied().unwrap_or(1.0), xs.last().copied().unwrap_or(10.0));
    let step = step(all().map(|(_, y)| *y).fold(0.0, f64::max));
    let top = (all().map(|(_, y)| *y).fold(step, f64::max) / step).ceil() * step;
    let (width, height) = SIZE;
    let x = |value: f64| LEFT + (value / low).ln() / (high / low).ln().max(1e-9) * (width - LEFT - RIGHT);
    let y = |value: f64| height - BOTTOM - value / top * (height - TOP - BOTTOM);

    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" role=\"img\" aria-label=\"{title}\">\n\
         <style>text{{font:13px system-ui,sans-serif;fill:#333}}.t{{font-size:15px;font-weight:600}}.g{{stroke:#8884;fill:none}}\
         .l{{fill:none;stroke-width:2.5;stroke-linejoin:round}}\
         @media (prefers-color-scheme:dark){{text{{fill:#ddd}}}}</style>\n\
         <text class=\"t\" x=\"{LEFT}\" y=\"24\">{title}</text>\n"
    );
    // Writing into a text can't fail.
    let mut mark = 0.0;
    while mark <= top + step / 2.0 {
        let at = y(mark);
        let _ = writeln!(svg, "<path class=\"g\" d=\"M{LEFT} {at:.1}H{:.1}\"/>", width - RIGHT);
        let _ = writeln!(svg, "<text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\">{mark}</text>", LEFT - 8.0, at + 4.5);
        mark += step;
    }
    for &value in &xs {
        let (at, bottom) = (x(value), height - BOTTOM);
        let _ = writeln!(svg, "<path class=\"g\" d=\"M{at:.1} {TOP}V{bottom:.1}\"/>");
        let name = grouped(value);
        let _ = writeln!(svg, "<text x=\"{at:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{name}</text>", bottom + 20.0);
    }
    let middle = LEFT + (width - LEFT - RIGHT) / 2.0;
    let _ = writeln!(svg, "<text x=\"{middle:.1}\" y=\"{:.1}\" text-anchor=\"middle\">{x_name}</text>", height - 12.0);
    let half = TOP + (height - TOP - BOTTOM) / 2.0;
    let _ = writeln!(
        svg,
        "<text x=\"16\" y=\"{half:.1}\" text-anchor=\"middle\" transform=\"rotate(-90 16 {half:.1})\">{y_name}</text>"
    );
    let ends: Vec<f64> = lines.iter().map(|line| line.points.last().map_or(top, |(_, value)| *value)).map(y).collect();
    for ((line, colour), name_at) in lines.iter().zip(COLOURS.into_iter().cycle()).zip(apart(&ends)) {
        let points: Vec<String> = line.points.iter().map(|(a, b)| format!("{:.1},{:.1}", x(*a), y(*b))).collect();
        let _ = writeln!(svg, "<polyline class=\"l\" stroke=\"{colour}\" points=\"{}\"/>", points.join(" "));
        for (a, b) in &line.points {
            let _ = writeln!(svg, "<circle cx=\"{:.1}\" cy=\"{:.1}\" r=\"4\" fill=\"{colour}\"/>", x(*a), y(*b));
        }
        let _ = writeln!(
            svg,
            "<text x=\"{:.1}\" y=\"{:.1}\" style=\"fill:{colour}\">{}</text>",
            width - RIGHT + 12.0,
            name_at + 4.5,
            line.name
        );
    }
    svg.push_str("</svg>\n");
    svg
}

/// A round distance between the lines of a grid for values up to `most`.
fn step(most: f64) -> f64 {
    let rough = (most / 5.0).max(1e-9);
    let power = 10f64.powf(rough.log10().floor());
    [1.0, 2.0, 5.0, 10.0].into_iter().map(|factor| factor * power).find(|step| *step >= rough).unwrap_or(rough)
}

/// `18,000`.
fn grouped(value: f64) -> String {
    let digits = format!("{value:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Places near these, in their order, that are far enough apart for a name each.
fn apart(wanted: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    let at = |index: usize| wanted.get(index).copied().unwrap_or_default();
    order.sort_by(|a, b| at(*a).total_cmp(&at(*b)));
    let mut places = wanted.to_vec();
    let mut above = f64::NEG_INFINITY;
    for index in order {
        above = at(index).max(above + NAME_HEIGHT);
        if let Some(place) = places.get_mut(index) {
            *place = above;
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grids_are_round_and_names_apart() {
        assert_eq!([step(24.0), step(9.0), step(0.7)].map(|step| format!("{step:.1}")), ["5.0", "2.0", "0.2"]);
        assert_eq!(grouped(18_000.0), "18,000");
        assert_eq!(grouped(100.0), "100");
        assert_eq!(apart(&[100.0, 50.0, 101.0]), [100.0, 50.0, 117.0]);
    }

    #[test]
    fn every_line_is_drawn_and_named() {
        let lines = ["a", "b"].map(|name| Line { name, points: vec![(100.0, 5.0), (2000.0, 8.0)] });
        let svg = draw("t", "x", "y", &lines);
        assert_eq!((svg.matches("<polyline").count(), svg.matches("<circle").count()), (2, 4));
        assert!(svg.contains(">b</text>") && svg.contains(">2,000</text>"), "{svg}");
    }
}
