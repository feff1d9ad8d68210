//! The formats of files that can be opened.

/// The format of a file with messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FileFormat {
    /// A recording of this program.
    #[default]
    Recording,
    /// What `redis-cli subscribe` prints on a terminal.
    RedisCli,
    /// What `redis-cli subscribe` writes into a file or a pipe.
    RedisCliRaw,
    /// What `redis-cli --json subscribe` writes.
    RedisCliJson,
    /// What `redis-cli --csv subscribe` writes.
    RedisCliCsv,
    /// What `redis-cli monitor` writes.
    Monitor,
    /// What `mqttui log --json` writes.
    Mqttui,
}

impl FileFormat {
    /// Every format.
    pub const ALL: [Self; 7] = [
        Self::Recording,
        Self::RedisCli,
        Self::RedisCliRaw,
        Self::RedisCliJson,
        Self::RedisCliCsv,
        Self::Monitor,
        Self::Mqttui,
    ];

    /// Returns the name of the format on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Recording => "recording",
            Self::RedisCli => "redis-cli",
            Self::RedisCliRaw => "redis-cli-raw",
            Self::RedisCliJson => "redis-cli-json",
            Self::RedisCliCsv => "redis-cli-csv",
            Self::Monitor => "monitor",
            Self::Mqttui => "mqttui",
        }
    }
}
