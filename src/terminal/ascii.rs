//! Replaces each symbol with one ASCII character, for terminals that show ASCII only.

use std::ffi::OsString;

/// Returns whether the environment's locale uses UTF-8. The first of `LC_ALL`, `LC_CTYPE` and
/// `LANG` that is not empty decides.
pub fn is_utf8(variable: impl Fn(&str) -> Option<OsString>) -> bool {
    let set = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().map(variable);
    let locale = set.flatten().find(|value| !value.is_empty());
    locale.is_some_and(|locale| {
        let locale = locale.to_string_lossy().to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    })
}

/// Returns the ASCII replacement for `symbol`, regardless of its width.
pub(super) fn stand_in(symbol: &str) -> char {
    match symbol.chars().next().unwrap_or(' ') {
        letter @ ' '..='~' => letter,
        '─' | '━' | '–' | '—' | '−' | '┈' | '╌' => '-',
        '═' | '★' => '=',
        '│' | '║' | '┊' | '╎' | '▏' | '▎' | '▍' | '▌' | '▅' | '▆' => '|',
        '╭' | '╮' | '╰' | '╯' | '┌' | '┐' | '└' | '┘' | '├' | '┤' | '┬' | '┴' | '┼' | '╔' | '╗'
        | '╚' | '╝' | '▸' => '+',
        '…' | '≈' => '~',
        bars @ '⠁'..='⣿' => stand_in_of_bars(bars),
        '·' | '▁' | '▂' => '.',
        '▃' | '▄' => ':',
        '┃' | '▇' | '█' | '▋' | '▊' | '▉' | '■' | '❚' => '#',
        '⠀' | '\u{a0}' => ' ',
        '●' => '*',
        '◆' => '!',
        '◐' => 'c',
        '○' | '◌' | '°' => 'o',
        '✗' | '×' => 'x',
        '»' | '►' | '→' => '>',
        '←' => '<',
        '▲' | '↑' => '^',
        '▼' | '▾' | '↓' => 'v',
        'µ' => 'u',
        _ => '?',
    }
}

/// Returns the replacement for a braille character, which shows its height if its dots form bars.
fn stand_in_of_bars(bars: char) -> char {
    const LEFT: [u32; 5] = [0, 0x40, 0x44, 0x46, 0x47];
    const RIGHT: [u32; 5] = [0, 0x80, 0xa0, 0xb0, 0xb8];
    let dots = u32::from(bars) - 0x2800;
    let height = |half: [u32; 5]| {
        let all = half[half.len() - 1];
        half.iter().position(|bar| *bar == dots & all)
    };
    match height(LEFT).zip(height(RIGHT)) {
        Some((left, right)) => ['.', '.', ':', '|', '#'][left.max(right)],
        None => '.',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_variable_set_decides_whether_the_terminal_shows_utf_8() {
        for (all, ctype, lang, expected) in [
            ("", "", "", false),
            ("", "", "C", false),
            ("", "", "POSIX", false),
            ("", "", "en_GB.ISO-8859-1", false),
            ("", "", "C.UTF-8", true),
            ("", "", "de_DE.utf8", true),
            ("", "C", "C.UTF-8", false),
            ("", "C.UTF-8", "C", true),
            ("C", "C.UTF-8", "C.UTF-8", false),
            ("C.UTF-8", "C", "C", true),
        ] {
            let variable = |name: &str| {
                Some(OsString::from(match name {
                    "LC_ALL" => all,
                    "LC_CTYPE" => ctype,
                    _ => lang,
                }))
            };
            assert_eq!(is_utf8(variable), expected, "{all} {ctype} {lang}");
        }
        assert!(!is_utf8(|_| None));
    }

    #[test]
    fn every_symbol_has_a_stand_in_of_one_printable_character() {
        for symbol in [
            "a", "─", "═", "║", "╔", "┃", "⠂", "⣿", "⠀", "█", "漢", "👍🏽", "é", "",
        ] {
            let stand_in = stand_in(symbol);
            assert!(matches!(stand_in, ' '..='~'), "{symbol}");
        }
        assert_eq!(stand_in("漢"), '?');
    }

    #[test]
    fn bars_keep_their_heights_and_the_dots_of_a_curve_are_dots() {
        for (symbol, expected) in [
            ("⢀", '.'),
            ("⣀", '.'),
            ("⣄", ':'),
            ("⣦", '|'),
            ("⣸", '#'),
            ("⣿", '#'),
            ("⠁", '.'),
            ("⠒", '.'),
        ] {
            assert_eq!(stand_in(symbol), expected, "{symbol}");
        }
    }
}
