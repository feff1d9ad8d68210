//! The names and texts that the made-up shop uses. All stand in JSON as they are: none has a
//! quote, a backslash or a control character.

/// Those who buy and log in.
pub const CUSTOMERS: &[&str] = &[
    "amara", "björn", "chloe", "dmitri", "elif", "fatima", "giulia", "hiro", "ines", "jonas",
    "mei", "zoë",
];

/// Articles, with their price in cents.
pub const ARTICLES: &[(&str, u64)] = &[
    ("MUG-012", 1250),
    ("TEE-204", 1990),
    ("BAG-077", 3495),
    ("PEN-003", 280),
    ("LAMP-41", 5900),
    ("BOOK-318", 2400),
    ("SOCK-55", 795),
];

/// Where parcels go.
pub const CITIES: &[(&str, &str)] = &[
    ("Lisboa", "PT"),
    ("Łódź", "PL"),
    ("München", "DE"),
    ("東京", "JP"),
    ("Toronto", "CA"),
    ("İzmir", "TR"),
];

/// Who brings them.
pub const CARRIERS: &[&str] = &["DHL", "UPS", "Royal Mail", "La Poste"];

/// What the interface is asked for.
pub const ROUTES: &[&str] = &[
    "GET /v1/orders",
    "POST /v1/orders",
    "GET /v1/articles?page=2",
    "GET /v1/articles/LAMP-41",
    "PUT /v1/basket",
    "DELETE /v1/basket/3",
    "GET /healthz",
];

/// What the workers do.
pub const JOBS: &[&str] = &["resize", "invoice", "newsletter", "reindex"];

/// What is kept in the cache.
pub const CACHED: &[&str] = &["article", "basket", "price", "session"];

/// What people say to one another.
pub const CHAT: &[&str] = &[
    "mei: 早上好! 今天的订单好多 🎉",
    "hiro: 倉庫の棚卸し、終わりました 👍",
    "chloe: who is on call tonight? 👀",
    "jonas: deploy is out 🚀🚀",
    "ji-woo: 배송이 조금 늦어지고 있어요 🚚",
    "amara: the lamp photos look great 😍",
    "björn: fika? ☕",
    "mei: 好的，马上来 🏃‍♀️",
    "giulia: perfetto, grazie mille 🙏🏽",
    "hiro: ありがとうございます 🇯🇵",
    "elif: price service feels slow, anyone else?",
];
