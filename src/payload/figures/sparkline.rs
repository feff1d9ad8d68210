//! Counts over time as small bars.

/// The bits of the dots in the left and the right half of a braille character, from the bottom.
const DOTS: [[u32; 4]; 2] = [[0x40, 0x04, 0x02, 0x01], [0x80, 0x20, 0x10, 0x08]];

/// Which counts a bar shows with two, three and four dots. A count of zero has one dot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scale {
    /// The highest counts with two and with three dots.
    edges: [u32; 2],
}

impl Scale {
    /// Creates a scale with equal steps for counts up to `most`, to compare the counts of one line
    /// with each other.
    pub fn linear(most: u32) -> Self {
        let top = headroom(most);
        Self {
            edges: [top / 3, top - top.div_ceil(3)],
        }
    }

    /// Creates a scale with equal factors, of at least three, for counts up to `most`, to compare
    /// lines whose counts differ by orders of magnitude.
    pub fn logarithmic(most: u32) -> Self {
        let factor = (f64::from(headroom(most)) + 1.0).cbrt().max(3.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between one and the square of the cube root of a u32"
        )]
        let edge = |power: i32| (factor.powi(power) - 1.0) as u32;
        Self {
            edges: [edge(1), edge(2)],
        }
    }

    /// Returns the number of dots of a bar.
    fn dots(self, count: Option<u32>) -> usize {
        match count {
            None => 0,
            Some(0) => 1,
            Some(count) => 2 + self.edges.iter().filter(|edge| count > **edge).count(),
        }
    }
}

/// Formats counts as bars, two to a column, in braille characters. `None` is blank.
pub fn sparkline(counts: &[Option<u32>], scale: Scale) -> String {
    let bits = |half: usize, count: Option<u32>| {
        let shown = DOTS[half].iter().take(scale.dots(count));
        shown.sum::<u32>()
    };
    let column = |left: Option<u32>, right: Option<u32>| match bits(0, left) + bits(1, right) {
        0 => ' ',
        bits => char::from_u32(0x2800 + bits).unwrap_or(' '),
    };
    // Pairs are formed from the end, so that the newest count is in the right half of its column.
    let (first, pairs) = counts.split_at(counts.len() % 2);
    let first = first.iter().map(|count| column(None, *count));
    let pairs = pairs.chunks_exact(2).map(|pair| column(pair[0], pair[1]));
    first.chain(pairs).collect()
}

/// Like [`sparkline`], but with a linear scale that fits the counts.
pub fn sparkline_alone(counts: &[Option<u32>]) -> String {
    let most = counts.iter().flatten().max();
    sparkline(counts, Scale::linear(most.copied().unwrap_or(0)))
}

/// Returns a top for bars whose highest value is `most`. It leaves headroom, and rarely changes
/// when `most` does.
fn headroom(most: u32) -> u32 {
    let wanted = u64::from(most) + u64::from(most).div_ceil(10);
    let mut unit: u64 = 1;
    loop {
        let steps = [unit, unit * 3 / 2, unit * 2, unit * 3, unit * 5, unit * 7];
        if let Some(top) = steps.into_iter().find(|top| *top >= wanted) {
            return u32::try_from(top).unwrap_or(u32::MAX);
        }
        unit *= 10;
    }
}

#[cfg(test)]
mod tests {
    use unicode_width::UnicodeWidthStr as _;

    use super::*;

    #[test]
    fn bars_are_blank_where_nothing_is_known_and_show_zero_as_one_dot() {
        let blank = None;
        let scale = Scale::linear(9);
        for (counts, expected) in [
            (&[][..], ""),
            (&[blank, blank], " "),
            (&[Some(0), Some(0)], "⣀"),
            (&[blank, Some(0)], "⢀"),
            (&[Some(0), Some(1), Some(5), Some(9)], "⣠⣾"),
            (&[Some(9), Some(100)], "⣿"),
            (&[blank, Some(9), Some(u32::MAX)], " ⣿"),
        ] {
            assert_eq!(sparkline(counts, scale), expected);
            assert_eq!(sparkline(counts, scale).width(), counts.len().div_ceil(2));
        }
    }

    #[test]
    fn a_linear_scale_has_equal_steps_below_its_headroom() {
        for (most, edges) in [(0, [0, 0]), (1, [0, 1]), (9, [3, 6]), (80, [33, 66])] {
            assert_eq!(Scale::linear(most).edges, edges, "{most}");
        }
    }

    #[test]
    fn a_burst_does_not_hide_what_tells_other_lines_apart() {
        // Counts of two seconds: a message per second, 50 per second, and a burst.
        for most in [10_000, 20_000, 100_000] {
            let scale = Scale::logarithmic(most);
            let dots = [0, 2, 100, most].map(|count| scale.dots(Some(count)));
            assert_eq!(dots, [1, 2, 3, 4], "{most}");
        }
        let scale = Scale::logarithmic(100);
        let dots = [1, 2, 10, 100].map(|count| scale.dots(Some(count)));
        assert_eq!(dots, [2, 2, 3, 4]);
    }

    #[test]
    fn a_logarithmic_scale_fits_every_count() {
        for most in (0..10_000).chain([u32::MAX]) {
            let scale = Scale::logarithmic(most);
            let [low, high] = scale.edges;
            assert!(2 <= low && low < high, "{most}");
            assert_eq!(scale.dots(Some(most)) == 4, most > 8, "{most}");
        }
    }

    #[test]
    fn the_top_of_a_scale_leaves_headroom_and_rarely_changes() {
        for (most, top) in [
            (0, 1),
            (1, 2),
            (2, 3),
            (4, 5),
            (5, 7),
            (9, 10),
            (10, 15),
            (80, 100),
        ] {
            assert_eq!(headroom(most), top, "{most}");
        }
        assert_eq!(headroom(u32::MAX), u32::MAX);
        for most in (1..100_000).chain([1 << 30, u32::MAX - 1]) {
            assert!(headroom(most) >= most);
        }
    }
}
