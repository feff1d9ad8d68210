//! Queries as users of other tools type them: none finds nothing without saying why.

use crossterm::event::KeyCode;

use subscope::app::Overlay;
use subscope::query;

use crate::support::stage::Stage;

/// What becomes of a query.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Fate {
    /// It finds messages.
    Finds,
    /// It finds nothing, and Tab takes one that finds messages.
    Suggests,
    /// It is invalid, and Tab takes one that finds messages.
    Corrects,
    /// Tab takes one that finds nothing.
    Misleads,
    /// It is invalid, and the error says what to write.
    Refuses,
    /// It rightly finds nothing, and says what it looked for.
    Explains,
}

use Fate::{Corrects, Explains, Finds, Refuses, Suggests};

const QUERIES: &[(&str, Fate)] = &[
    // grep
    ("ERROR", Suggests),
    ("error", Finds),
    ("error.*timeout", Suggests),
    ("^{\"id\"", Explains),
    ("timeout|refused", Suggests),
    ("error\\|info", Suggests),
    ("\\d+ms", Suggests),
    ("[Ee]rror", Explains),
    ("-v error", Suggests),
    ("'payment timeout'", Suggests),
    ("\"payment timeout\"", Finds),
    ("/error/", Finds),
    ("/error", Finds),
    ("\"level\":\"error\"", Finds),
    ("\"id\":7", Finds),
    ("\"name\":\"eva\"}", Finds),
    ("-i error", Suggests),
    ("error AND", Refuses),
    ("{\"id\":7", Finds),
    // jq
    (".level", Refuses),
    (".level == \"error\"", Finds),
    (".level==\"error\"", Finds),
    ("select(.level == \"error\")", Corrects),
    ("select(.level==\"error\")", Corrects),
    (".user.name | test(\"eva\")", Corrects),
    (".status >= 500", Finds),
    (".status > 1e9", Explains),
    (". | length > 3", Suggests),
    (".user.name|test(\"eva\")", Corrects),
    (".level == \"error\" and .status >= 500", Finds),
    (".user[\"name\"] == \"eva\"", Finds),
    (".[\"level\"] == \"error\"", Finds),
    ("has(\"level\")", Corrects),
    // Lucene and Kibana
    ("level:error", Finds),
    ("level:(error OR warn)", Corrects),
    ("level:err*", Suggests),
    ("status:>=500", Suggests),
    ("status:[500 TO 599]", Suggests),
    ("error~", Suggests),
    ("level:error AND status:503", Finds),
    ("level:error AND NOT status:503", Explains),
    ("NOT level:error", Suggests),
    ("_exists_:level", Suggests),
    ("message:timeout", Suggests),
    ("user.name:eva", Finds),
    ("status:503", Finds),
    // Wireshark
    ("level == \"error\"", Finds),
    ("level eq \"error\"", Suggests),
    ("status ge 500", Suggests),
    ("status >= 500 && level == \"error\"", Finds),
    ("!level == \"error\"", Finds),
    ("!(level == \"error\")", Finds),
    ("msg contains \"timeout\"", Suggests),
    ("msg matches \"time.*\"", Suggests),
    ("level in {\"error\", \"warn\"}", Refuses),
    ("frame contains timeout", Suggests),
    ("frame.len > 40", Suggests),
    ("redis.channel == \"orders:created\"", Suggests),
    // SQL
    ("level = 'error'", Finds),
    ("level <> 'info'", Suggests),
    ("msg LIKE '%timeout%'", Suggests),
    ("level IN ('error', 'warn')", Finds),
    ("status BETWEEN 500 AND 599", Suggests),
    ("select * from orders where status > 300", Suggests),
    ("level IS NOT NULL", Suggests),
    ("level = 'error' AND status >= 500", Finds),
    ("level = 'error' OR status = 200", Finds),
    ("WHERE level = 'error'", Suggests),
    // Their types and letters
    ("status=\"503\"", Suggests),
    ("id=7", Finds),
    ("id=\"7\"", Suggests),
    ("level=ERROR", Suggests),
    ("levl=error", Suggests),
    // Channels
    ("channel:orders", Finds),
    ("channel:order", Finds),
    ("orders:*", Suggests),
    ("orders:created", Finds),
    ("channel = orders:created", Suggests),
    ("channel:ordrs", Suggests),
    ("topic:orders", Suggests),
    ("channel in (orders:created, orders:paid)", Suggests),
    ("channel~orders", Suggests),
    ("orders:craeted", Suggests),
    ("ordrs", Suggests),
    // Text where a number is compared, and numbers where text is matched
    ("code > 201", Suggests),
    ("code>=201", Suggests),
    ("status ~ 50", Suggests),
    // More of Lucene, Kibana, and Splunk
    ("level: error", Suggests),
    ("level : error", Finds),
    ("level : \"error\"", Finds),
    ("msg: \"payment timeout\"", Suggests),
    ("NOT level : error", Suggests),
    ("not level:error", Finds),
    ("-level:error", Finds),
    ("level:*", Suggests),
    ("msg:*timeout*", Suggests),
    ("msg : *timeout*", Suggests),
    ("status >= 500 and level : error", Finds),
    ("status:(500 or 503)", Corrects),
    ("level:(\"error\" or \"warn\")", Corrects),
    ("status:{200 TO 599}", Suggests),
    ("level:/err.*/", Suggests),
    ("+level:error -status:200", Suggests),
    ("level=error | stats count", Suggests),
    ("search level=error", Suggests),
    ("level=\"err*\"", Suggests),
    ("level!=info", Finds),
    ("NOT level=info", Suggests),
    ("level=error status=503", Finds),
    ("source=\"orders*\"", Explains),
    // More of SQL
    ("level LIKE 'err%'", Suggests),
    ("msg NOT LIKE '%timeout%'", Suggests),
    ("level NOT IN ('info')", Suggests),
    ("level IS NULL", Explains),
    ("level is null", Explains),
    ("level is not null", Suggests),
    ("status >= 500 AND (level = 'error')", Finds),
    ("status <> 200", Suggests),
    ("NOT (status = 200)", Finds),
    ("exists(level)", Corrects),
    ("level ILIKE '%ERR%'", Suggests),
    (
        "select * from orders where level = 'error' order by id",
        Explains,
    ),
    // More of grep, lnav, and Wireshark
    ("-E 'error|warn'", Suggests),
    ("-v 'payment timeout'", Suggests),
    ("error -v timeout", Explains),
    ("payment.*timeout", Suggests),
    ("(error|warn)", Suggests),
    ("level !~ \"err\"", Corrects),
    ("level!~err", Suggests),
    ("level ~= err", Suggests),
    ("level == 'error'", Finds),
    ("user.name=='eva'", Finds),
    ("level == error or level == warn", Finds),
    ("level === 'error'", Suggests),
    ("status in {500..599}", Suggests),
    ("not msg contains \"timeout\"", Suggests),
    ("frame matches \"time.*\"", Suggests),
    // More of jq
    (".status>500 and .level==\"error\"", Finds),
    (".user?.name == \"eva\"", Corrects),
    (".user | .name == \"eva\"", Corrects),
    (".msg | contains(\"timeout\")", Corrects),
    ("contains(\"timeout\")", Corrects),
    ("test(\"time.*\")", Corrects),
    (".level != null", Finds),
    (".level | not", Corrects),
];

fn stage() -> Stage {
    let mut stage = Stage::sized((160, 40), &["*"], |_| {});
    for number in 0..20 {
        let (level, status, msg) = match number % 4 {
            0 => ("error", 503, "payment timeout after 30ms"),
            _ => ("info", 200, "ok"),
        };
        let payload = format!(
            r#"{{"id":{number},"level":"{level}","status":{status},"code":"{status}","msg":"{msg}","user":{{"name":"eva"}}}}"#
        );
        stage.messages(&[("orders:created", payload.as_bytes())]);
        stage.messages(&[("metrics:cpu", br#"{"cpu":7}"#)]);
    }
    stage
}

fn fate(stage: &mut Stage) -> Fate {
    let Some(Overlay::Query(query_box)) = stage.app.overlay() else {
        panic!("the box is open");
    };
    let is_wrong = query_box.error.is_some();
    if !is_wrong && stage.session().shown.messages() > 0 {
        return Finds;
    }
    if stage.app.offered().is_none() {
        return if is_wrong { Refuses } else { Explains };
    }
    stage.code(KeyCode::Tab);
    if stage.session().shown.messages() == 0 {
        return Fate::Misleads;
    }
    if is_wrong { Corrects } else { Suggests }
}

#[test]
fn queries_of_other_tools_are_understood_or_corrected_or_explained() {
    query::set_executable(env!("CARGO_BIN_EXE_subscope"));
    let mut stage = stage();
    let mut different = Vec::new();
    for (text, expected) in QUERIES {
        stage.keys("/");
        stage.ctrl('u');
        stage.keys(text);
        // Notices aside, a query that is refused or explained says something.
        let screen = stage.screen();
        let found = fate(&mut stage);
        if found != *expected {
            different.push((text, found));
        }
        if found == Explains {
            let words = "0 of 40 messages on 2 channels match";
            assert!(screen.contains(words), "{text}\n{screen}");
        }
        stage.code(KeyCode::Esc);
    }
    assert!(different.is_empty(), "{different:#?}");
}
