//! The task of one client: reads commands, executes them and writes the output.

use std::future;
use std::sync::Arc;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::WriteHalf;
use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

use super::call::put_error;
use super::client::ClientId;
use super::commands;
use super::hub::Hub;
use super::request::{RequestError, Requests};

/// A guard that removes the client from the hub when its task ends for any reason.
struct Presence {
    hub: Arc<Hub>,
    id: ClientId,
}

impl Drop for Presence {
    fn drop(&mut self) {
        self.hub.lock().remove(self.id);
    }
}

/// Bytes being sent to the client.
#[derive(Default)]
struct Sending {
    bytes: Vec<u8>,
    sent: usize,
}

impl Sending {
    fn rest(&self) -> &[u8] {
        &self.bytes[self.sent..]
    }
}

/// Serves a client until it disconnects, its connection is closed, or the task is aborted.
pub async fn serve(hub: Arc<Hub>, mut stream: TcpStream, id: ClientId, wake: Arc<Notify>) {
    let presence = Presence { hub, id };
    let hub = &presence.hub;
    // Small replies might otherwise wait for an acknowledgement. Failure is harmless.
    let _ = stream.set_nodelay(true);
    let mut muted = hub.muted.subscribe();
    let (mut reader, mut writer) = stream.split();
    let mut requests = Requests::new(hub.lock().settings.limits);
    let mut sending = Sending::default();
    let mut reading = true;
    loop {
        // An error would mean that the hub is gone, but this task keeps it alive.
        let _ = muted.wait_for(|muted| !muted).await;
        let deadline = match take_output(hub, id, &mut sending) {
            Outcome::Wait(deadline) => deadline,
            Outcome::Close => {
                // The client sees the connection close even if this fails.
                let _ = writer.shutdown().await;
                return;
            }
            Outcome::Gone => return,
        };
        tokio::select! {
            _ = muted.changed() => {}
            () = wake.notified() => {}
            () = until(deadline) => hub.lock().enforce_soft_limit(id),
            written = writer.write(sending.rest()), if !sending.rest().is_empty() => {
                let Ok(count) = written else { return };
                sending.sent += count;
                if let Some(client) = hub.lock().client_mut(id) {
                    client.wrote(count);
                }
            }
            read = reader.read_buf(requests.room()), if reading => match read {
                Ok(0) | Err(_) => {
                    flush(hub, id, &writer, &mut sending);
                    return;
                }
                Ok(_) => reading = execute_all(hub, id, &mut requests),
            },
        }
    }
}

/// How a client's task should continue.
enum Outcome {
    /// Wait for an event, but not beyond this deadline of the soft limit.
    Wait(Option<Instant>),
    /// Close the connection, since everything has been written.
    Close,
    /// Close the connection immediately, since the client was removed.
    Gone,
}

/// Takes the next bytes to send, if all previous ones have been sent.
fn take_output(hub: &Hub, id: ClientId, sending: &mut Sending) -> Outcome {
    let mut state = hub.lock();
    let Some(client) = state.client_mut(id) else {
        return Outcome::Gone;
    };
    if sending.rest().is_empty() {
        let Some(bytes) = client.take_output() else {
            return Outcome::Close;
        };
        *sending = Sending { bytes, sent: 0 };
    }
    Outcome::Wait(client.deadline())
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => sleep_until(deadline).await,
        None => future::pending().await,
    }
}

/// Executes all complete commands. Returns `false` if nothing more should be read.
fn execute_all(hub: &Hub, id: ClientId, requests: &mut Requests) -> bool {
    loop {
        let mut state = hub.lock();
        let Some(client) = state.client_mut(id).filter(|client| !client.is_closing()) else {
            return false;
        };
        client.query_bytes = requests.size();
        match requests.next(client.authenticated) {
            Ok(Some(arguments)) => commands::execute(&mut state, id, &arguments),
            Ok(None) => return true,
            Err(RequestError::Malformed(text)) => {
                let mut reply = Vec::new();
                put_error(&mut reply, &text);
                state.send(id, &reply);
                if let Some(client) = state.client_mut(id) {
                    client.close();
                }
            }
            Err(RequestError::TooLarge) => state.remove(id),
        }
    }
}

/// Writes as much as possible, without waiting, to a client that has stopped sending but may still
/// be reading.
fn flush(hub: &Hub, id: ClientId, writer: &WriteHalf<'_>, sending: &mut Sending) {
    while let Outcome::Wait(_) = take_output(hub, id, sending) {
        match writer.try_write(sending.rest()) {
            Ok(count) if count > 0 => sending.sent += count,
            _ => return,
        }
    }
}
