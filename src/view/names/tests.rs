use std::ops::Range;

use super::*;

/// Returns the names as shown in `columns` columns.
fn shown(names: &[impl AsRef<str>], columns: usize) -> Vec<String> {
    marked(names, "", columns)
}

/// Returns the names as shown in `columns` columns while `sought` is searched for.
fn marked(names: &[impl AsRef<str>], sought: &str, columns: usize) -> Vec<String> {
    let marks = |name: &str| -> Vec<Range<usize>> {
        let at = name.find(sought).filter(|_| !sought.is_empty());
        at.map(|at| at..at + sought.len()).into_iter().collect()
    };
    let listed = names.iter().map(|name| Listed {
        name: name.as_ref().as_bytes(),
        room: columns,
        marks: marks(name.as_ref()),
    });
    let listed: Vec<Listed<'_>> = listed.collect();
    let all = Names::new(&listed);
    let text = |one: &Listed<'_>| all.text(one.name, &one.marks, columns);
    let texts: Vec<Text> = listed.iter().map(text).collect();
    for text in &texts {
        assert!(text.columns <= columns, "{columns} {text:?}");
    }
    texts.into_iter().map(|text| text.string).collect()
}

fn number_of_different(texts: &[String]) -> usize {
    let mut texts = texts.to_vec();
    texts.sort();
    texts.dedup();
    texts.len()
}

/// Returns the names of the orders of a few tenants in three regions.
fn orders() -> Vec<String> {
    let mut names = Vec::new();
    for region in ["eu-west-1", "us-east-2", "ap-south-1"] {
        for tenant in [41, 42, 57, 108] {
            for event in ["created", "cancelled", "paid"] {
                names.push(format!("prod.{region}.tenant-{tenant:04}.orders.{event}"));
            }
        }
    }
    names
}

/// Returns the names of what users do in two shops.
fn users() -> Vec<String> {
    let mut names = Vec::new();
    for shop in ["shop", "bank"] {
        for region in 1..4 {
            for (user, event) in [
                (788, "order"),
                (788, "session"),
                (790, "click"),
                (1210, "cart"),
            ] {
                names.push(format!("{shop}:region-{region}:user-{user:04}:{event}"));
            }
        }
    }
    names
}

#[test]
fn all_names_of_a_scheme_keep_the_same_words() {
    let one_region: Vec<String> = orders().drain(..12).collect();
    let one_user = ["order", "cart", "click", "session"];
    let one_user = one_user.map(|event| format!("shop:region-5:user-0788:{event}"));
    for (names, columns, start) in [
        (
            &one_region[..],
            16,
            &["…0041…created", "…0041…cancelled", "…0041…paid"][..],
        ),
        (
            &one_region,
            15,
            &["…0041…created", "…0041…cancelled", "…0041…paid"],
        ),
        (
            &one_region,
            14,
            &["…0041…created", "…0041…cancell…", "…0041…paid"],
        ),
        (
            &one_region,
            24,
            &["…tenant-0041…created", "…tenant-0041…cancelled"],
        ),
        (
            &one_region,
            32,
            &[
                "…tenant-0041.orders.created",
                "…tenant-0041.orders.cancelled",
            ],
        ),
        (
            &orders(),
            26,
            &["…eu-west-1…0041…created", "…eu-west-1…0041…cancelled"],
        ),
        (&orders(), 34, &["…eu-west-1.tenant-0041…created"]),
        (&one_user, 12, &["shop…order", "shop…cart"]),
        (&one_user, 20, &["…user-0788:order", "…user-0788:cart"]),
        (
            &users(),
            24,
            &["shop…1:user-0788:order", "shop…1:user-0788:session"],
        ),
    ] {
        let texts = shown(names, columns);
        assert_eq!(texts[..start.len()], *start, "{columns}");
    }
}

#[test]
fn real_names_are_told_apart_from_fourteen_columns_on() {
    for names in [orders(), users(), users()[..9].to_vec()] {
        for columns in 14..60 {
            let texts = shown(&names, columns);
            assert_eq!(
                number_of_different(&texts),
                names.len(),
                "{columns} {texts:#?}"
            );
        }
    }
}

#[test]
fn the_digits_of_branches_that_differ_are_kept() {
    let tenants = ["tenant-0041.orders.", "tenant-0042.orders."];
    assert_eq!(shown(&tenants, 10), ["…0041…", "…0042…"]);
    assert_eq!(shown(&tenants, 14), ["tenant-0041…", "tenant-0042…"]);
    let users = ["user-0002:", "user-0102:", "user-0202:"];
    assert_eq!(shown(&users, 8), ["…0002:", "…0102:", "…0202:"]);
    assert_eq!(shown(&users, 5), ["…000…", "…010…", "…020…"]);
}

#[test]
fn a_match_is_kept_first() {
    let names = users();
    for (sought, columns, first) in [
        ("user-0788", 16, "…1:user-0788…"),
        ("user-07", 14, "…1:user-0788…"),
        ("region", 14, "shop:region-1…"),
        ("cli", 14, "shop…1…order"),
    ] {
        let texts = marked(&names, sought, columns);
        assert_eq!(texts[0], first, "{sought}");
        for (name, text) in names.iter().zip(&texts) {
            assert!(
                !name.contains(sought) || text.contains(sought),
                "{name}: {text}"
            );
        }
    }
    let long = ["x".repeat(30) + "needle" + &"y".repeat(30)];
    assert_eq!(marked(&long, "needle", 12), ["…needleyyyy…"]);
}

#[test]
fn names_without_other_separators_are_divided_at_any_punctuation() {
    let names = ["service-payments-worker-17", "service-payments-worker-18"];
    assert_eq!(shown(&names, 12), ["…worker-17", "…worker-18"]);
    let names = ["images:thumbnails", "inventory:stock", "inbox:new-orders"];
    assert_eq!(shown(&names, 12), ["images…", "inventory…", "inbox…"]);
}

#[test]
fn the_part_of_a_long_word_that_differs_is_kept() {
    let names = [
        "meta:0123456789abcdef0123456789abcdef:x",
        "meta:0123456789abcdef0123456789abcdee:x",
    ];
    assert_eq!(shown(&names, 12), ["meta…abcdef…", "meta…abcdee…"]);
    let names = [
        "session:550e8400e29b41d4a716446655440000",
        "session:650e8400e29b41d4a716446655440000",
    ];
    assert_eq!(shown(&names, 12), ["session:550…", "session:650…"]);
}

#[test]
fn names_of_different_schemes_keep_what_tells_them_from_their_own() {
    let names = [
        "tenant:acme:eu-west-1:orders:created",
        "tenant:acme:eu-west-1:orders:paid",
        "__keyspace@0__:session:000001",
        "__keyspace@0__:session:000002",
    ];
    let shown = shown(&names, 18);
    for (shown, end) in shown.iter().zip(["created", "paid", "000001", "000002"]) {
        assert!(shown.ends_with(end), "{shown}");
    }
}

#[test]
fn a_name_that_fits_or_is_alone_is_shown_as_ever() {
    let names = ["short", "a-very-long-name:that:is:alone"];
    assert_eq!(shown(&names, 12), ["short", "a-very…alone"]);
}

#[test]
fn names_that_would_fit_are_cut_like_the_others_without_losing_what_differs() {
    let names = [
        "shop:user-1:order",
        "shop:user-2:cart",
        "shop:user-3:session",
    ];
    assert_eq!(
        shown(&names, 17),
        ["…user-1:order", "…user-2:cart", "…user-3:session"]
    );
    // A single long name does not cut the others.
    let mut names: Vec<String> = (10..30)
        .map(|user| format!("shop:user-{user}:cart"))
        .collect();
    names.push("shop:user-31:session".to_owned());
    let texts = shown(&names, 17);
    assert_eq!(
        (&texts[0][..], &texts[20][..]),
        ("shop:user-10:cart", "…user-31:session")
    );
    // Nor are names cut that differ in what would be left out.
    let names = ["metrics:cpu", "orders:cancelled", "sessions:expired"];
    assert_eq!(shown(&names, 11), ["metrics:cpu", "orders…", "sessions…"]);
}

#[test]
fn no_character_is_cut_in_half() {
    let names = ["kanal:für:größe:äöü-1:ende", "kanal:für:größe:äöé-2:ende"];
    for columns in 0..30 {
        for text in shown(&names, columns) {
            assert!(!text.contains("\\x"), "{text}");
        }
    }
}

/// A generator of pseudo-random numbers.
struct Random(u64);

impl Random {
    /// Returns a number below `limit`.
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        usize::try_from(self.0 >> 33).unwrap_or(0) % limit
    }

    /// Returns the different values of a word.
    fn values(&mut self) -> Vec<String> {
        let count = if self.below(3) == 0 {
            1
        } else {
            2 + self.below(59)
        };
        let digits = 1 + self.below(5);
        let kind = self.below(4);
        let value = |number: usize| match kind {
            0 => format!("{number:0digits$}"),
            1 => format!("tenant-{number:0digits$}"),
            2 => format!("zone{number}-{}", ["east", "west"][number % 2]),
            _ => {
                let letter = |at: usize| nth_letter(number * 7 + at * at);
                (0..3 + number % 8).map(letter).collect::<String>() + &number.to_string()
            }
        };
        (0..count).map(value).collect()
    }

    /// Returns names of one scheme as they could be on the screen, split into their words.
    fn names(&mut self) -> (char, Vec<Vec<String>>) {
        let separator = [':', '.', '/'][self.below(3)];
        let words: Vec<Vec<String>> = (0..3 + self.below(4)).map(|_| self.values()).collect();
        let mut names: Vec<Vec<String>> = Vec::new();
        for _ in 0..5 + self.below(46) {
            let value = |values: &Vec<String>| values[self.below(values.len())].clone();
            names.push(words.iter().map(value).collect());
        }
        names.sort();
        names.dedup();
        (separator, names)
    }
}

/// Returns the letter at `index` of the endlessly repeated alphabet.
fn nth_letter(index: usize) -> char {
    let mut letters = ('a'..='z').cycle();
    letters.nth(index % 26).unwrap_or('a')
}

/// Returns whether some words tell the names apart and, without any other, fit into the columns.
fn can_be_told_apart(names: &[Vec<String>], separator: char, columns: usize) -> bool {
    let count = names[0].len();
    (1_usize..1 << count).any(|chosen| {
        let is_chosen = |word: usize| chosen & (1 << word) != 0;
        let text = |name: &Vec<String>| {
            let mut text = String::new();
            for (word, value) in name.iter().enumerate() {
                if is_chosen(word) {
                    if word > 0 && is_chosen(word - 1) {
                        text.push(separator);
                    }
                    text.push_str(value);
                } else if !text.ends_with('…') {
                    text.push('…');
                }
            }
            text
        };
        let texts: Vec<String> = names.iter().map(text).collect();
        texts.iter().all(|text| text.chars().count() <= columns)
            && number_of_different(&texts) == names.len()
    })
}

#[test]
fn generated_names_are_told_apart_whenever_that_is_possible() {
    let mut random = Random(14);
    let mut checked = 0;
    for _ in 0..400 {
        let (separator, words) = random.names();
        let columns = 12 + random.below(29);
        let join = |words: &Vec<String>| words.join(&separator.to_string());
        let names: Vec<String> = words.iter().map(join).collect();
        let texts = shown(&names, columns);
        let cut = words
            .iter()
            .zip(&names)
            .filter(|(_, name)| name.len() > columns);
        let cut: Vec<Vec<String>> = cut.map(|(words, _)| words.clone()).collect();
        for (name, text) in names.iter().zip(&texts) {
            assert!(name == text || text.contains('…'), "{name}: {text}");
        }
        if !cut.is_empty() && can_be_told_apart(&cut, separator, columns) {
            assert_eq!(
                number_of_different(&texts),
                names.len(),
                "{columns} {texts:#?}"
            );
            checked += 1;
        }
    }
    assert!(checked > 100, "{checked}");
}

/// Returns a text with its words replaced by their positions, such as `…2…4`.
fn form(text: &str, words: &[String], separator: char) -> String {
    let parts = text.split_inclusive(['…', separator]);
    let position = |part: &str| {
        let value = part.trim_end_matches(['…', separator]);
        let ends = &part[value.len()..];
        let at = words.iter().position(|word| word == value);
        at.map_or_else(|| part.to_owned(), |at| format!("{at}{ends}"))
    };
    parts.map(position).collect()
}

#[test]
fn generated_names_of_a_scheme_have_one_form() {
    let mut random = Random(41);
    for _ in 0..200 {
        let (separator, mut words) = random.names();
        let columns = 25 + random.below(16);
        // Values that have nothing in common, and are not the same in two words.
        for name in &mut words {
            for (at, value) in name.iter_mut().enumerate() {
                let first = nth_letter(value.len() + at);
                *value = format!("{first}{at}{}", value.len());
            }
        }
        let names: Vec<String> = words
            .iter()
            .map(|words| words.join(&separator.to_string()))
            .collect();
        let texts = shown(&names, columns);
        let mut forms: Vec<String> = texts
            .iter()
            .zip(&words)
            .filter(|(text, _)| text.contains('…'))
            .map(|(text, words)| form(text, words, separator))
            .collect();
        forms.sort();
        forms.dedup();
        assert!(forms.len() <= 1, "{columns} {forms:?}");
    }
}
