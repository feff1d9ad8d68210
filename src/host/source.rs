//! Where the messages on the screen come from: a server or a recording.

use std::io;
use std::sync::Arc;

use subscope::app::{App, Event};
use subscope::message::Topic;
use subscope::recording::RecordingFile;
use subscope::server::{self, Ask, Command, Config, Counters, Feed, Server};
use subscope::workers::Worker;
use subscope::workers::loading::{self, RecordingPlace, Request};
use tokio::sync::mpsc::Sender;

use super::files;

/// Where messages are to come from.
pub enum Origin {
    /// A server.
    Server {
        /// How to connect.
        config: Box<Config>,
        /// What to subscribe to.
        topics: Vec<Topic>,
    },
    /// Recordings, merged by time.
    Recording(Vec<RecordingFile>),
}

impl Origin {
    /// Returns what to subscribe to.
    pub fn take_topics(&mut self) -> Vec<Topic> {
        match self {
            Self::Server { topics, .. } => std::mem::take(topics),
            Self::Recording(_) => Vec::new(),
        }
    }

    /// Starts the tasks of the server, or the thread that loads the recordings.
    pub fn start(
        self,
        app: &App,
        feed_tx: Sender<Feed>,
        answer_tx: Sender<Event>,
    ) -> io::Result<Source> {
        match self {
            Self::Server { config, .. } => {
                let config = Config {
                    subscriptions: app.first_subscriptions(),
                    ..*config
                };
                Ok(Source::Server(server::start(config, feed_tx)))
            }
            Self::Recording(files) => {
                // The rest is for what the log needs besides the bytes of its rows.
                let budget = app.session().settings.keep / 2;
                let send = move |news| answer_tx.blocking_send(Event::Loaded(news)).is_ok();
                let loader = loading::start(files, budget, files::replace, send)?;
                loader.ask(Request::Around(0, RecordingPlace::Start));
                Ok(Source::Recording(loader))
            }
        }
    }
}

/// Where messages come from.
pub enum Source {
    /// The tasks of a server.
    Server(Server),
    /// The thread that loads recordings.
    Recording(Worker<Request>),
}

impl Source {
    /// Passes a command to the server. Without one, the app gives none.
    pub fn command(&self, command: Command) {
        if let Self::Server(server) = self {
            server.command(command);
        }
    }

    /// Passes a question to the server. Without one, the app asks none.
    pub fn ask(&self, ask: Ask) {
        if let Self::Server(server) = self {
            server.ask(ask);
        }
    }

    /// Loads a part of the recording.
    pub fn load(&self, request: Request) {
        if let Self::Recording(loader) = self {
            loader.ask(request);
        }
    }

    /// Returns the counters of the server's subscribers.
    pub fn counters(&self) -> Arc<Counters> {
        match self {
            Self::Server(server) => server.counters(),
            Self::Recording(_) => Arc::default(),
        }
    }

    /// Ends the tasks.
    pub async fn stop(self) {
        if let Self::Server(server) = self {
            server.stop().await;
        }
    }
}
