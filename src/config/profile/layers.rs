//! Merging a profile with the defaults.

use super::{ADDRESS, KeyLocations, Profile, Tls};

/// The keys that say how to log in and connect. They belong to the server that the same table names.
const LOGIN: [&str; 8] = [
    "db",
    "user",
    "password-command",
    "askpass",
    "tls",
    "via",
    "ssh",
    "map-address",
];

/// The keys that say what connections go through.
const WAYS: [&str; 2] = ["via", "ssh"];

/// The keys that say what to subscribe to. If a profile names channels, none of these keys are
/// taken from the defaults.
const CHANNELS: [&str; 3] = ["channels", "shard", "exact"];

impl Profile {
    /// Returns the profile with the values of `defaults` for what it does not set. Its lists are
    /// added to those of the defaults, except that its channels replace those of the defaults.
    ///
    /// If both name a server, the login and TLS options of the defaults do not apply, because their
    /// password must not be sent to the profile's server.
    #[must_use]
    pub fn over(self, defaults: &Self) -> Self {
        let defaults = self.fitting(defaults.clone());
        let both = |theirs: Vec<String>, own: Vec<String>| [theirs, own].concat();
        Self {
            name: self.name,
            colour: self.colour.or(defaults.colour),
            url: self.url.or(defaults.url),
            socket: self.socket.or(defaults.socket),
            host: self.host.or(defaults.host),
            port: self.port.or(defaults.port),
            db: self.db.or(defaults.db),
            user: self.user.or(defaults.user),
            password_command: self.password_command.or(defaults.password_command),
            askpass: self.askpass.or(defaults.askpass),
            client_name: self.client_name.or(defaults.client_name),
            connect_timeout: self.connect_timeout.or(defaults.connect_timeout),
            via: self.via.or(defaults.via),
            ssh: self.ssh.or(defaults.ssh),
            // The first rule that matches counts.
            address_map: both(self.address_map, defaults.address_map),
            tls: match (self.tls, defaults.tls) {
                (Some(own), Some(theirs)) => Some(own.over(theirs)),
                (own, theirs) => own.or(theirs),
            },
            read_only: self.read_only.or(defaults.read_only),
            channels: both(defaults.channels, self.channels),
            exact: self.exact.or(defaults.exact),
            shard: both(defaults.shard, self.shard),
            sentinel_events: self.sentinel_events.or(defaults.sentinel_events),
            filters: both(defaults.filters, self.filters),
            breakpoints: both(defaults.breakpoints, self.breakpoints),
            alert_command: self.alert_command.or(defaults.alert_command),
            clipboard: self.clipboard.or(defaults.clipboard),
            separator: self.separator.or(defaults.separator),
            until: self.until.or(defaults.until),
            keep: self.keep.or(defaults.keep),
            lenses: both(defaults.lenses, self.lenses),
            proto: self.proto.or(defaults.proto),
            proto_types: both(defaults.proto_types, self.proto_types),
            avro: both(defaults.avro, self.avro),
            shapes: both(defaults.shapes, self.shapes),
            schemas: both(defaults.schemas, self.schemas),
            sequences: both(defaults.sequences, self.sequences),
            pairs: both(defaults.pairs, self.pairs),
            delays: both(defaults.delays, self.delays),
            theme: self.theme.or(defaults.theme),
            ascii: self.ascii.or(defaults.ascii),
            no_mouse: self.no_mouse.or(defaults.no_mouse),
            key_set: self.key_set.or(defaults.key_set),
            escape_time: self.escape_time.or(defaults.escape_time),
            stats: self.stats.or(defaults.stats),
            place: self.place.over(defaults.place),
        }
    }

    /// Returns `defaults` without what this profile replaces as a whole.
    fn fitting(&self, mut defaults: Self) -> Self {
        if !self.address_key().is_empty() {
            defaults = defaults.without_server();
        }
        if !self.channels.is_empty() || !self.shard.is_empty() {
            defaults = defaults.without_channels();
        }
        if WAYS.into_iter().any(|key| self.has(key)) {
            defaults = defaults.without_way();
        }
        defaults
    }

    /// Returns the profile without the server that it names and the options that belong to that
    /// server. A profile that names no server is unchanged: its login applies to any server.
    #[must_use]
    pub fn without_server(mut self) -> Self {
        if self.address_key().is_empty() {
            return self;
        }
        self.place.remove(&ADDRESS);
        self.place.remove(&LOGIN);
        Self {
            url: None,
            socket: None,
            host: None,
            port: None,
            db: None,
            user: None,
            password_command: None,
            askpass: None,
            via: None,
            ssh: None,
            address_map: Vec::new(),
            tls: None,
            ..self
        }
    }

    fn without_way(mut self) -> Self {
        self.place.remove(&WAYS);
        Self {
            via: None,
            ssh: None,
            ..self
        }
    }

    fn without_channels(mut self) -> Self {
        self.place.remove(&CHANNELS);
        Self {
            channels: Vec::new(),
            shard: Vec::new(),
            exact: None,
            ..self
        }
    }
}

impl Tls {
    fn over(self, defaults: Self) -> Self {
        Self {
            cacert: self.cacert.or(defaults.cacert),
            cert: self.cert.or(defaults.cert),
            key: self.key.or(defaults.key),
            sni: self.sni.or(defaults.sni),
            insecure: self.insecure.or(defaults.insecure),
        }
    }
}

impl KeyLocations {
    fn over(self, defaults: Self) -> Self {
        let mut keys = defaults.keys;
        keys.extend(self.keys);
        Self {
            table: self.table.or(defaults.table),
            keys,
        }
    }

    /// Removes the keys `names`, and all keys of tables with these names.
    fn remove(&mut self, names: &[&str]) {
        self.keys.retain(|key, _| {
            let first = key.split('.').next().unwrap_or_default();
            !names.contains(&first)
        });
    }
}
