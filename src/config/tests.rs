#![expect(clippy::unwrap_used, reason = "a failed test should panic")]

use std::time::Duration;

use super::*;

fn parse(text: &str) -> Result<Config, ConfigError> {
    Config::parse(Path::new("/etc/it.toml"), text)
}

/// Returns the first error in `text`.
fn first_error(text: &str) -> ConfigError {
    let config = match parse(text) {
        Ok(config) => config,
        Err(error) => return error,
    };
    let mut entries = config.entries.iter();
    let error = entries.find_map(|entry| entry.profile.valid().err());
    let errors = error.or(config.defaults.valid().err());
    let errors = errors.or(config.keys.valid().err());
    errors.unwrap_or(&config.errors)[0].clone()
}

/// Returns the message of the first error in `text`.
fn message(text: &str) -> String {
    let words = first_error(text).to_string();
    assert_eq!(words.lines().count(), 1, "{words}");
    words
}

#[test]
fn errors_elsewhere_do_not_affect_a_valid_profile() {
    let config = parse(
        "colour = 1\n[profile.a]\nprt = 1\n[profile.b]\nport = 7000\n[profile.c]\nport = \"x\"",
    )
    .unwrap();
    assert_eq!(config.profile("b").unwrap().port, Some(7000));
    let are_valid = config
        .entries
        .iter()
        .map(|entry| entry.profile.valid().is_ok());
    assert_eq!(are_valid.collect::<Vec<_>>(), [false, true, false]);
    let words = |name| config.profile(name).unwrap_err().to_string();
    for (name, expected) in [
        ("a", "it.toml:3: profile.a.prt"),
        ("c", "it.toml:7: profile.c.port"),
        ("d", "Profiles: a, b, c"),
    ] {
        assert!(words(name).contains(expected), "{}", words(name));
    }
    let error = config.errors[0].to_string();
    assert!(error.contains("it.toml:1: colour"));
}

#[test]
fn every_key_of_a_profile_is_read() {
    let config = parse(
        r#"
        [profile.production]
        color = "red"
        url = "rediss://app@redis.example:6380"
        db = 2
        user = "me"
        password-command = "pass show redis"
        read-only = true
        tls = { cacert = "ca.pem", cert = "/c.pem", key = "k.pem", sni = "x", insecure = true }
        channels = ["orders.*", "jobs"]
        exact = true
        shard = ["orders:{1}"]
        sentinel-events = true
        filter = ["a"]
        break = ["b", "c"]
        separator = "-"
        until = "END"
        keep = "1MiB"
        lens = ["orders:*=.user.id"]
        proto = "shop.pb"
        proto-type = ["o=a.B", "p=a.C"]
        shape = ["o*"]
        seq = ["o=.n", "p=.n,.k"]
        pair = ["q=.id -> r=.id"]
        sent = ["o=.at"]
        askpass = true
        ssh = "jump"
        map-address = ["a:1=b:2"]
        no-mouse = true
        theme = "light"
        ascii = "never"
        keys = "arrows"
        escape-time = 20
        stats = "stats.json"
        [profile.local]
        host = "h"
        port = 7000
        [profile."by socket"]
        socket = "run/redis.sock"
        "#,
    )
    .unwrap();
    let names = config.entries.iter().map(|entry| entry.name.as_str());
    assert!(names.eq(["production", "local", "by socket"]));
    let profile = config.profile("production").unwrap();
    assert_eq!(profile.colour, Some(Colour::Red));
    assert_eq!(
        profile.url.as_deref(),
        Some("rediss://app@redis.example:6380")
    );
    assert_eq!((profile.db, profile.user.as_deref()), (Some(2), Some("me")));
    assert_eq!(profile.password_command.as_deref(), Some("pass show redis"));
    let flags = [
        profile.read_only,
        profile.exact,
        profile.sentinel_events,
        profile.askpass,
        profile.no_mouse,
    ];
    assert_eq!(flags, [Some(true); 5]);
    assert_eq!(profile.ssh.as_deref(), Some("jump"));
    assert_eq!(profile.address_map, ["a:1=b:2"]);
    let tls = profile.tls.as_ref().unwrap();
    assert_eq!(tls.cacert.as_deref(), Some(Path::new("/etc/ca.pem")));
    assert_eq!(tls.cert.as_deref(), Some(Path::new("/c.pem")));
    assert_eq!(tls.key.as_deref(), Some(Path::new("/etc/k.pem")));
    assert_eq!((tls.sni.as_deref(), tls.insecure), (Some("x"), Some(true)));
    assert_eq!(profile.channels, ["orders.*", "jobs"]);
    assert_eq!(profile.shard, ["orders:{1}"]);
    assert_eq!(profile.filters, ["a"]);
    assert_eq!(profile.breakpoints, ["b", "c"]);
    assert_eq!(profile.separator.as_deref(), Some("-"));
    assert_eq!(profile.until.as_deref(), Some("END"));
    assert_eq!(profile.keep.as_deref(), Some("1MiB"));
    assert_eq!(profile.lenses, ["orders:*=.user.id"]);
    assert_eq!(profile.proto.as_deref(), Some(Path::new("/etc/shop.pb")));
    assert_eq!(profile.proto_types, ["o=a.B", "p=a.C"]);
    assert_eq!(profile.shapes, ["o*"]);
    assert_eq!(profile.sequences, ["o=.n", "p=.n,.k"]);
    assert_eq!(profile.pairs, ["q=.id -> r=.id"]);
    assert_eq!(profile.delays, ["o=.at"]);
    assert_eq!(profile.theme.as_deref(), Some("light"));
    assert_eq!(profile.ascii.as_deref(), Some("never"));
    assert_eq!(profile.key_set.as_deref(), Some("arrows"));
    assert_eq!(profile.escape_time, Some(20));
    assert_eq!(profile.stats.as_deref(), Some(Path::new("/etc/stats.json")));
    let local = config.profile("local").unwrap();
    assert_eq!((local.host.as_deref(), local.port), (Some("h"), Some(7000)));
    assert!(local.read_only.is_none() && local.tls.is_none() && local.colour.is_none());
    let socket = config.profile("by socket").unwrap().socket.clone();
    assert_eq!(socket.as_deref(), Some(Path::new("/etc/run/redis.sock")));
}

#[test]
fn a_file_without_profiles_is_valid() {
    for text in ["", "# nothing", "[profile]"] {
        assert!(parse(text).unwrap().entries.is_empty(), "{text}");
    }
}

#[test]
fn an_error_in_a_profile_names_the_line_the_key_and_what_is_expected() {
    let cases = r#"
        pass = "x" => pass: no such key, did you mean 'password-command'?
        banana = 1 => banana: no such key; valid keys: color, url, socket, …
        tls = { ca = "x" } => tls.ca: no such key, did you mean 'cacert'?
        tls = { cacert = "" } => tls.cacert: is empty
        tls = true => tls: must be a table, not true or false
        color = "pink" => color: must be one of red, yellow, green, blue, magenta, cyan, white
        read-only = "yes" => read-only: must be true or false, not a string
        url = 1 => url: must be a quoted string, not a number
        socket = "~you/r.sock" => socket: starts with the home directory of another user: …
        port = 70000 => port: must be from 1 to 65535
        port = -99999999999999999999 => port: must be from 1 to 65535
        port = "1" => port: must be a whole number, not a string
        db = -1 => db: must be at least 0
        db = 99999999999999999999 => db: must be from 0 to 9223372036854775807
        channels = "a" => channels: must be a list of strings, such as ["one", "two"], not a string
    "#;
    for case in cases.trim().lines() {
        let (line, words) = case.trim().split_once(" => ").unwrap();
        let said = message(&format!("[profile.a]\n{line}"));
        let said = said.strip_prefix("/etc/it.toml:2: profile.a.").unwrap();
        match words.strip_suffix('…') {
            Some(start) => assert!(said.starts_with(start), "{line}: {said}"),
            None => assert_eq!(said, words),
        }
    }
}

#[test]
fn errors_name_the_right_line() {
    const COLOURS: &str = "red, yellow, green, blue, magenta, cyan, white";
    const FORM: &str = "a list of strings, such as [\"one\", \"two\"]";
    let cases = r#"
        [profile.a]||colour = "red" => 3: profile.a.colour: no such key, did you mean 'color'?
        [profiles.a] => 1: profiles: no such key, did you mean 'profile'?
        x = 1 => 1: x: no such key; valid keys: profile, defaults, keys, command, recipe, decoder
        [profile.a]|color = 1 => 2: profile.a.color: must be one of COLOURS, not a number
        [profile.a]|color = "rad" => 2: profile.a.color: must be one of COLOURS, did you mean 'red'?
        [profile.a]|lens = ["x", 1] => 2: profile.a.lens: must be FORM; element 2 is not a string
        [profile.a]|host = "h"|url = "redis://h" => 2: profile.a.host: cannot be combined with url
        [profile.a]|socket = "/s"|port = 1 => 3: profile.a.port: cannot be combined with socket
        profile = 1 => 1: profile: must be a table, not a number
        [profile]|a = 1 => 2: profile.a: must be a table, not a number
        [profile.""] => 1: profile."": a profile needs a name
        ||[profile.a => 3: …
        [profile.a]|[profile.a] => 2: …
        [profile.a]|url = => 2: …
    "#;
    for case in cases.trim().lines() {
        let (text, words) = case.trim().rsplit_once(" => ").unwrap();
        let words = words.replace("COLOURS", COLOURS).replace("FORM", FORM);
        let said = message(&text.replace('|', "\n"));
        let said = said.strip_prefix("/etc/it.toml:").unwrap();
        let start = words.trim_end_matches('…');
        assert!(said.starts_with(start), "{text}: {said}");
    }
}

#[test]
fn the_error_about_an_unknown_profile_lists_the_profiles() {
    let config = parse("[profile.staging]\n[profile.production]").unwrap();
    for (name, hint) in [
        ("stagng", ", did you mean 'staging'?"),
        ("prod", ", did you mean 'production'?"),
        ("x", "."),
    ] {
        let said = config.profile(name).unwrap_err().to_string();
        let expected = format!("no profile '{name}'{hint} Profiles: staging, production");
        assert_eq!(said, format!("/etc/it.toml: {expected}"));
    }
    let one = parse("[profile.a]").unwrap().profile("x").unwrap_err();
    assert!(one.to_string().ends_with("Profiles: a"), "{one}");
    let none = parse("").unwrap().profile("x").unwrap_err().to_string();
    assert_eq!(none, "/etc/it.toml: no profile 'x': the file has none");
}

#[test]
fn no_error_shows_a_password() {
    for text in [
        "[profile.a]\nurl = redis://:secret@h",
        "[profile.a]\nurl = \"redis://:secret@h",
        "[profile.a]\nurl = 'redis://:secret@h\"\nx = 1",
        "[profile.a]\nurl = [\"redis://:secret@h\"]",
        "[profile.a]\nurl = \"redis://:sec\\qret@h secret\"",
        "[profile.a]\npassword-command = [\"secret\"]",
        "[profile.a]\npass = \"secret\"",
        "[profile.a]\nurl = \"redis://:secret@h\" secret",
        "[profile.a]\nurl = \"redis://:secret@h\"\nurl = \"secret\"",
        "[profile.a]\nurl = \"redis://:secret@h\"\nhost = \"h\"",
        "[profile.a]\ncolor = \"redis://:secret@h\"",
        "[profile.a]\n\"redis://:secret@h\" = 1",
        "[profile.a]\ntls = { \":secret@h\" = 1 }",
        "[profile.\"redis://:secret@h\"]\nx = 1",
    ] {
        let error = first_error(text);
        let words = format!("{error} {error:?}");
        assert!(!words.contains("secret"), "{text}: {words}");
    }
    let config = parse("[profile.a]\nurl = \"redis://:secret@h\"").unwrap();
    assert!(!format!("{config:?}").contains("secret"));
}

#[test]
fn an_error_found_later_names_the_line_of_its_key() {
    let config = parse("[profile.a]\nread-only = true\nkeep = \"x\"\n").unwrap();
    let profile = config.profile("a").unwrap();
    let words = profile.error("keep", "is not a size").to_string();
    assert_eq!(words, "/etc/it.toml:3: profile.a.keep: is not a size");
    let words = profile.error("url", "is missing").to_string();
    assert_eq!(words, "/etc/it.toml:1: profile.a: is missing");
    let config = parse("[profile.a]\ndb = 0x1_0\n[profile.a.tls]\n\nsni = \"x\"").unwrap();
    let profile = config.profile("a").unwrap();
    assert_eq!(profile.db, Some(16));
    let words = profile.error("tls.sni", "is odd").to_string();
    assert_eq!(words, "/etc/it.toml:5: profile.a.tls.sni: is odd");
}

#[test]
fn every_error_of_a_part_is_found_in_the_order_of_the_file() {
    let config = parse(
        "x = 1\ny = 2\n[defaults]\nport = 0\nkeep = 1\nescape-time = 1001\n\
         [profile.a]\nurl = 1\ndb = 'x'\nzzz = 1\ntls = { sni = 1, x = 1 }\n\
         [keys.messages]\nopen = 1\nclose = [1]\n",
    )
    .unwrap();
    let lines = |errors: &[ConfigError]| errors.iter().map(ConfigError::line).collect::<Vec<_>>();
    assert_eq!(lines(&config.errors), [Some(1), Some(2)]);
    let defaults = config.defaults.errors();
    assert_eq!(lines(defaults), [Some(4), Some(5), Some(6)]);
    let profile = config.entries[0].profile.errors();
    assert_eq!(lines(profile), [8, 9, 10, 11, 11].map(Some));
    assert_eq!(lines(config.keys.errors()), [Some(13), Some(14)]);
}

#[test]
fn keys_are_read_as_written() {
    let config = parse("[keys.all]\ndown = 'n'\n[keys.messages]\nopen = ['Enter', 'o']\n").unwrap();
    let panes = config.keys.valid().unwrap();
    let read: Vec<_> = panes
        .iter()
        .map(|pane| (&*pane.pane, pane.place.line()))
        .collect();
    assert_eq!(read, [("all", 1), ("messages", 3)]);
    let open = &panes[1].changes[0];
    assert_eq!((&*open.action, open.place.line()), ("open", 4));
    assert_eq!(open.keys, ["Enter", "o"]);
    assert_eq!(panes[0].changes[0].keys, ["n"]);
    for (text, problem) in [
        (
            "keys = 'arrows'",
            "1: keys: must be a table; to choose a set of keys, write `keys` under",
        ),
        (
            "[keys]\ndown = 'n'",
            "2: keys.down: must be a table, not a string",
        ),
        (
            "[keys.a]\nb = true",
            "2: keys.a.b: must be a list of strings",
        ),
    ] {
        assert!(message(text).contains(problem), "{}", message(text));
    }
}

#[test]
fn the_way_to_a_server_belongs_to_it_and_there_is_only_one() {
    let config = parse(
        "[defaults]\nvia = 'a'\nmap-address = ['a:1=b:2']\n[profile.other]\nssh = 'b'\n\
         map-address = ['c:1=d:2']\n[profile.same]\nport = 1\n",
    )
    .unwrap();
    let defaults = &config.defaults.valid().unwrap().options;
    let over = |name| config.profile(name).unwrap().clone().over(defaults);
    let other = over("other");
    assert_eq!(
        (other.via.as_deref(), other.ssh.as_deref()),
        (None, Some("b"))
    );
    assert_eq!(other.address_map, ["c:1=d:2", "a:1=b:2"]);
    assert!(!other.has("via") && other.has("ssh"));
    assert_eq!(over("same").via.as_deref(), Some("a"));
    let elsewhere = "[defaults]\nurl = 'redis://a'\nvia = 'a'\nmap-address = ['a:1=b:2']\n";
    let config = parse(&format!("{elsewhere}[profile.other]\nhost = 'h'\n")).unwrap();
    let defaults = &config.defaults.valid().unwrap().options;
    let other = config.profile("other").unwrap().clone().over(defaults);
    assert_eq!((other.via, other.address_map), (None, vec![]));
    assert!(message("[defaults]\nvia = 'a'\nssh = 'b'").contains("cannot be combined with via"));
}

#[test]
fn a_profile_lies_over_the_defaults() {
    let config = parse(
        "[defaults]\nurl = 'redis://me:x@prod'\npassword-command = 'c'\ndb = 3\nkeep = '2MiB'\n\
         no-mouse = true\nread-only = true\nfilter = ['a']\nchannels = ['x']\nexact = true\n\
         profile = 'own'\nseed = 7\n\
         [profile.own]\nhost = 'h'\nkeep = '1MiB'\nread-only = false\nfilter = ['b']\n\
         channels = ['y']\n[profile.plain]\n",
    )
    .unwrap();
    let defaults = config.defaults.valid().unwrap();
    assert_eq!(
        (defaults.profile.as_deref(), defaults.seed),
        (Some("own"), Some(7))
    );
    let over = |name| {
        config
            .profile(name)
            .unwrap()
            .clone()
            .over(&defaults.options)
    };
    let own = over("own");
    assert_eq!((own.host.as_deref(), own.url.as_deref()), (Some("h"), None));
    // The login of one server is never sent to another.
    assert_eq!((own.password_command.as_deref(), own.db), (None, None));
    assert!(!own.has("url") && !own.has("password-command"));
    assert_eq!(
        (own.keep.as_deref(), own.read_only),
        (Some("1MiB"), Some(false))
    );
    assert_eq!(own.no_mouse, Some(true));
    assert_eq!(
        (own.filters, own.channels, own.exact),
        (vec!["a".into(), "b".into()], vec!["y".into()], None)
    );
    let plain = over("plain");
    assert_eq!((plain.address_key(), plain.db), ("url", Some(3)));
    assert_eq!(
        (plain.channels, plain.exact),
        (vec!["x".into()], Some(true))
    );
    let error = over("plain").error("keep", "is odd").to_string();
    assert_eq!(error, "/etc/it.toml:5: defaults.keep: is odd");
    let error = over("own").error("keep", "is odd").to_string();
    assert_eq!(error, "/etc/it.toml:15: profile.own.keep: is odd");
}

#[test]
fn a_login_without_a_server_applies_to_every_server() {
    let config = parse(
        "[defaults]\nuser = 'me'\ntls = { sni = 'a', cacert = '/c' }\n\
                        [profile.a]\nhost = 'h'\ntls = { sni = 'b' }\n",
    )
    .unwrap();
    let defaults = &config.defaults.valid().unwrap().options;
    let profile = config.profile("a").unwrap().clone().over(defaults);
    assert_eq!(profile.user.as_deref(), Some("me"));
    let tls = profile.tls.unwrap();
    assert_eq!(
        (tls.sni.as_deref(), tls.cacert),
        (Some("b"), Some("/c".into()))
    );
    assert_eq!(
        defaults.clone().without_server().user.as_deref(),
        Some("me")
    );
}

#[test]
fn decoders_are_read_and_their_mistakes_reported() {
    let config = parse(
        "[[decoder]]\nname = \"orders\"\nchannel = \"orders:*\"\ncommand = \"./decode -v\"\n\
         [[decoder]]\nname = \"b\"\nchannel = \"b\"\ncommand = [\"b\", \"x\"]\ntimeout = 250\n",
    )
    .unwrap();
    let [first, second] = &config.decoders.valid().unwrap()[..] else {
        panic!("{config:?}");
    };
    assert_eq!(first.command, ["/bin/sh", "-c", "./decode -v"]);
    assert_eq!(first.time_limit, Duration::from_secs(1));
    assert_eq!((&*second.name, &*second.channel), ("b", "b"));
    assert_eq!(second.command, ["b", "x"]);
    assert_eq!(second.time_limit, Duration::from_millis(250));
    let config = parse(
        "[[decoder]]\nname = \"\"\n[[decoder]]\nname = \"a\"\nchannel = \"\"\ncommand = []\n\
         timeout = 0\nrun = \"x\"\n[[decoder]]\nname = \"a\"\nchannel = \"a\"\ncommand = \" \"\n",
    )
    .unwrap();
    let errors = config.decoders.errors().iter().map(ToString::to_string);
    let errors: Vec<String> = errors.collect();
    assert_eq!(
        errors,
        [
            "/etc/it.toml:1: decoder: needs a channel, or a glob such as orders:*",
            "/etc/it.toml:1: decoder: needs a command",
            "/etc/it.toml:2: decoder.name: must be 1 to 30 printable characters",
            "/etc/it.toml:5: decoder.channel: is empty: takes a channel or a glob such as orders:*",
            "/etc/it.toml:6: decoder.command: is empty: takes a command line, or a list of arguments",
            "/etc/it.toml:7: decoder.timeout: must be from 10 to 60000",
            "/etc/it.toml:8: decoder.run: no such key; valid keys: name, channel, command, timeout",
            "/etc/it.toml:9: decoder: has the name of another decoder",
            "/etc/it.toml:12: decoder.command: is empty: takes a command line, or a list of arguments",
        ]
    );
}
