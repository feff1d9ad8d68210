//! Entering a password for servers that have refused the login.

use super::App;
use crate::app::effect::Effect;
use crate::app::overlays::Overlay;
use crate::app::overlays::password_prompt::PasswordPrompt;
use crate::server::Command;

impl App {
    /// Asks for the password, if a login was refused.
    pub(super) fn open_password_prompt(&mut self) -> Vec<Effect> {
        let Some(at) = self.session.refused_login() else {
            return self.tell("no login was refused");
        };
        self.overlay = Some(Overlay::Password(Box::new(PasswordPrompt::new(at))));
        Vec::new()
    }

    /// Logs in with the password in the prompt. An empty prompt stays open.
    pub(super) fn log_in(&mut self, prompt: Box<PasswordPrompt>) -> Vec<Effect> {
        if prompt.length() == 0 {
            self.overlay = Some(Overlay::Password(prompt));
            return self.tell("type the password");
        }
        let at = prompt.at;
        let password = prompt.into_password();
        vec![Effect::Command(Command::LogIn { at, password })]
    }
}
