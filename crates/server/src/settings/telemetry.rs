//! Where traces go, if anywhere. The names are those of OpenTelemetry.

use super::Reader;
use crate::traces::{self, Traces};

impl Reader<'_> {
    pub(super) fn traces(&mut self) -> Option<Traces> {
        let endpoint = self.text("OTEL_EXPORTER_OTLP_ENDPOINT").trim_end_matches('/').to_owned();
        if endpoint.is_empty() {
            return None;
        }
        let is_address = endpoint.parse::<http::Uri>().is_ok_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https")) && uri.authority().is_some() && uri.query().is_none()
        });
        if !is_address {
            self.wrong("OTEL_EXPORTER_OTLP_ENDPOINT", "write it as http://127.0.0.1:4318");
        }
        let headers = traces::headers(self.text("OTEL_EXPORTER_OTLP_HEADERS")).unwrap_or_else(|| {
            self.wrong("OTEL_EXPORTER_OTLP_HEADERS", "write them as name=value,name=value, with %20 for a space");
            Vec::new()
        });
        let ratio: f64 = self.parsed("OTEL_TRACES_SAMPLER_ARG", "a number from 0 to 1").unwrap_or_default();
        if !(0.0..=1.0).contains(&ratio) {
            self.wrong("OTEL_TRACES_SAMPLER_ARG", format!("{ratio} is not between 0 and 1"));
        }
        let service = self.text("OTEL_SERVICE_NAME").to_owned();
        Some(Traces { endpoint: format!("{endpoint}/v1/traces"), headers, service, ratio })
    }
}
