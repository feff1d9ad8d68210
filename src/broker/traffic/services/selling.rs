//! What has to do with articles: orders from purchase to parcel, prices, the stock.

use std::time::Duration;

use super::{Order, Shop, Step, Task, words};

impl Shop {
    pub(super) fn create(&mut self) -> Step {
        self.last_order += 1;
        let id = self.last_order;
        let customer = self.random.pick(words::CUSTOMERS);
        let mut cents = 0;
        let mut items = Vec::new();
        for _ in 0..self.random.between(1, 3) {
            let (article, price) = self.random.pick(words::ARTICLES);
            let quantity = self.random.between(1, 4);
            cents += price * quantity;
            let price = money(price);
            items.push(format!(
                r#"{{"sku":"{article}","quantity":{quantity},"price":{price}}}"#
            ));
        }
        let (items, total) = (items.join(","), money(cents));
        let step = Step::new(
            "orders:created",
            format!(
                r#"{{"event":"order.created","id":{id},"customer":"{customer}","items":[{items}],"total":{total},"currency":"EUR"}}"#
            ),
        )
        .then(self.random.millis(120, 380), Task::Create);
        if self.random.percent(90) {
            let order = Order { id, cents };
            step.then(self.random.millis(300, 2_000), Task::Pay(order))
        } else {
            step
        }
    }

    pub(super) fn pay(&mut self, order: Order) -> Step {
        let (id, amount) = (order.id, money(order.cents));
        let payload = if self.random.percent(70) {
            let brand = self.random.pick(&["visa", "mastercard", "amex"]);
            let digits = self.random.between(0, 9_999);
            format!(
                r#"{{"id":{id},"amount":{amount},"method":"card","card":{{"brand":"{brand}","last4":"{digits:04}"}}}}"#
            )
        } else {
            format!(r#"{{"id":{id},"amount":{amount},"method":"transfer","card":null}}"#)
        };
        Step::new("orders:paid", payload).then(self.random.millis(1_000, 5_000), Task::Ship(order))
    }

    pub(super) fn ship(&mut self, order: Order) -> Step {
        let id = order.id;
        let carrier = self.random.pick(words::CARRIERS);
        let (city, country) = self.random.pick(words::CITIES);
        let tracking = self.random.between(10_000_000, 99_999_999);
        let grams = self.random.between(80, 4_000);
        Step::new(
            "orders:shipped",
            format!(
                r#"{{"order":{id},"carrier":"{carrier}","tracking":"SP{tracking}","to":{{"city":"{city}","country":"{country}"}},"grams":{grams},"insured":{}}}"#,
                order.cents > 5_000
            ),
        )
    }

    pub(super) fn ask(&mut self) -> Step {
        let id = self.random.number();
        let (article, _) = self.random.pick(words::ARTICLES);
        let quantity = self.random.between(1, 20);
        let took = self.random.millis(5, 40);
        Step::new(
            "rpc:price:request",
            format!(r#"{{"id":"{id:016x}","sku":"{article}","quantity":{quantity}}}"#),
        )
        .then(took, Task::Answer(id, took))
        .then(self.random.millis(150, 500), Task::Ask)
    }

    pub(super) fn answer(&mut self, id: u64, took: Duration) -> Step {
        let price = money(self.random.between(280, 90_000));
        let took = took.as_millis();
        Step::new(
            "rpc:price:reply",
            format!(r#"{{"id":"{id:016x}","price":{price},"currency":"EUR","took_ms":{took}}}"#),
        )
    }

    pub(super) fn stock(&mut self, at: Duration) -> Step {
        self.last_sequence += 1;
        if self.skips_at.take_if(|skip| *skip <= at).is_some() {
            self.last_sequence += self.random.between(3, 7);
        }
        let sequence = self.last_sequence;
        let (article, _) = self.random.pick(words::ARTICLES);
        let left = self.random.between(0, 250);
        Step::new(
            "inventory:stock",
            format!(r#"{{"seq":{sequence},"sku":"{article}","left":{left}}}"#),
        )
        .then(self.random.millis(300, 700), Task::Stock)
    }
}

fn money(cents: u64) -> String {
    format!("{}.{:02}", cents / 100, cents % 100)
}
