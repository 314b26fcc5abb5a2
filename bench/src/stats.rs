//! Counting latencies: a histogram with a fixed number of cells, exact to 1.6 percent.

use serde_json::{Value, json};

/// Cells for each power of two.
const CELLS: u64 = 64;
const BITS: u32 = CELLS.trailing_zeros();

/// How often which latency was seen, in nanoseconds.
#[derive(Debug, Clone, Default)]
pub(crate) struct Histogram {
    cells: Vec<u64>,
    count: u64,
    max: u64,
}

/// Values up to `CELLS` have a cell each; above, each power of two has `CELLS`.
fn cell(value: u64) -> usize {
    let shift = (u64::BITS - value.leading_zeros()).saturating_sub(BITS + 1);
    usize::try_from(u64::from(shift) * CELLS + (value >> shift)).unwrap_or(usize::MAX)
}

/// The largest value of a cell.
fn top(cell: usize) -> u64 {
    let cell = u64::try_from(cell).unwrap_or(u64::MAX);
    if cell < 2 * CELLS {
        return cell;
    }
    let shift = cell / CELLS - 1;
    ((cell % CELLS + CELLS + 1) << shift) - 1
}

impl Histogram {
    pub(crate) fn add(&mut self, value: u64) {
        let cell = cell(value);
        if self.cells.len() <= cell {
            self.cells.resize(cell + 1, 0);
        }
        if let Some(count) = self.cells.get_mut(cell) {
            *count += 1;
        }
        self.count += 1;
        self.max = self.max.max(value);
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        if self.cells.len() < other.cells.len() {
            self.cells.resize(other.cells.len(), 0);
        }
        for (mine, theirs) in self.cells.iter_mut().zip(&other.cells) {
            *mine += theirs;
        }
        self.count += other.count;
        self.max = self.max.max(other.max);
    }

    pub(crate) fn count(&self) -> u64 {
        self.count
    }

    pub(crate) fn max(&self) -> u64 {
        self.max
    }

    /// The value that this share of all values does not exceed; 0 when there are none.
    pub(crate) fn quantile(&self, share: f64) -> u64 {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a count")]
        let wanted = ((self.count as f64 * share).ceil() as u64).max(1);
        let mut seen = 0;
        for (index, count) in self.cells.iter().enumerate() {
            seen += count;
            if seen >= wanted {
                return top(index).min(self.max);
            }
        }
        self.max
    }
}

/// For keeping.
pub(crate) fn quantiles(all: &Histogram) -> Value {
    json!({"p50": all.quantile(0.5), "p99": all.quantile(0.99), "max": all.max()})
}

/// The middle of some figures; 0 when there are none.
pub(crate) fn median(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = |index: usize| sorted.get(index).copied().unwrap_or_default();
    let half = sorted.len() / 2;
    if sorted.len() % 2 == 1 { at(half) } else { f64::midpoint(at(half.saturating_sub(1)), at(half)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_in_a_cell_that_is_close_to_it() {
        for value in (0..10_000).chain([123_456, 1 << 40, u64::MAX / 3]) {
            let top = top(cell(value));
            assert!(top >= value, "{value} in {top}");
            assert!(top - value <= value / 63, "{value} in {top}");
        }
    }

    #[test]
    fn quantiles_are_those_of_the_sorted_values() {
        let mut histogram = Histogram::default();
        for value in (1..=1000).rev() {
            histogram.add(value * 1000);
        }
        for (share, exact) in [(0.5, 500_000), (0.99, 990_000), (1.0, 1_000_000)] {
            let found = histogram.quantile(share);
            assert!((exact..=exact + exact / 60).contains(&found), "{share}: {found}");
        }
        assert_eq!((histogram.count(), histogram.max()), (1000, 1_000_000));
        let mut twice = histogram.clone();
        twice.merge(&histogram);
        assert_eq!((twice.count(), twice.quantile(0.5)), (2000, histogram.quantile(0.5)));
    }

    #[test]
    fn the_median_is_the_middle() {
        assert_eq!([median(&[]), median(&[3.0]), median(&[4.0, 1.0, 2.0]), median(&[1.0, 2.0])], [0.0, 3.0, 2.0, 1.5]);
    }
}
