package org.pocketdistill.pipeline.hub;

import java.io.IOException;
import java.net.ConnectException;
import java.net.http.HttpHeaders;
import java.nio.channels.UnresolvedAddressException;
import java.time.Duration;

/**
 * What went wrong with the hub, in words that say what to do.
 *
 * @param reference what was asked for
 */
record HubErrors(HubReference reference, HubSettings settings) {
  private static final int LONGEST_MESSAGE = 200;

  /** The first word of a message. */
  String subject() {
    return reference.toString();
  }

  /** An answer of 400 or more that another try would not change. */
  HubException refused(int status, HttpHeaders headers) {
    String code = headers.firstValue("X-Error-Code").orElse("");
    String said = clean(headers.firstValue("X-Error-Message").orElse(""));
    boolean unauthorized = status == 401 || status == 403;
    if (code.equals("GatedRepo")) {
      return HubException.failed(gated());
    }
    if (code.equals("RevisionNotFound")) {
      return HubException.missing(
          "%s: there is no revision '%s' in %s".formatted(subject(), reference.revision(), page()));
    }
    if (code.equals("EntryNotFound")) {
      return HubException.missing(subject() + ": there is no such file in " + page());
    }
    if (status == 401 && said.startsWith("Invalid credentials")) {
      return HubException.failed(
          subject() + ": the hub refuses the token; renew it and set HF_TOKEN, or unset HF_TOKEN");
    }
    if (code.equals("RepoNotFound") || status == 404 || status == 401) {
      return HubException.failed(notFound());
    }
    String detail = said.isEmpty() ? "" : ": " + said;
    String advice = unauthorized ? "; the token has to allow reading this repository" : "";
    return HubException.failed(
        "%s: %s answers %d%s%s".formatted(subject(), settings.endpoint(), status, detail, advice));
  }

  private String gated() {
    String token =
        settings.token().isPresent()
            ? "the token that is set belongs to an account without access"
            : "no token is set";
    return "%s: this repository is gated and %s; ask for access at %s, then set HF_TOKEN to a token of that account"
        .formatted(subject(), token, page());
  }

  private String notFound() {
    String access =
        settings.token().isPresent()
            ? "the token that is set does not open it"
            : "needs a token in HF_TOKEN";
    return "%s: there is no repository %s, or it is private and %s; compare the name with the hub's page"
        .formatted(subject(), page(), access);
  }

  private String page() {
    return settings.endpoint() + "/" + reference.repository();
  }

  /** The last of several failures. */
  HubException afterTries(IOException failure, int tries) {
    String often = tries > 1 ? " (" + tries + " tries)" : "";
    if (failure instanceof BusyException busy && busy.status() == 429) {
      return HubException.failed(
          "%s: %s asks to slow down%s; wait some minutes, or set HF_TOKEN, which allows more requests"
              .formatted(subject(), settings.endpoint(), often));
    }
    if (failure instanceof BusyException) {
      return HubException.failed(
          "%s: %s is out of order: %s%s; try again later"
              .formatted(subject(), settings.endpoint(), failure.getMessage(), often));
    }
    return HubException.failed(
        "%s: %s cannot be reached: %s%s; check the network, set HF_ENDPOINT to a mirror, or DISTILL_JAVA_OPTS=\"-Dhttps.proxyHost=HOST -Dhttps.proxyPort=PORT\" behind a proxy"
            .formatted(subject(), settings.endpoint(), reason(failure), often));
  }

  /** The hub asks for more patience than is sensible. */
  HubException askedToWait(Duration wait) {
    return HubException.failed(
        "%s: %s asks to wait %d s; try again then, or set HF_TOKEN, which allows more requests"
            .formatted(subject(), settings.endpoint(), wait.toSeconds()));
  }

  /** The answer is none of a hub. */
  HubException noHub(String reason) {
    return HubException.failed(
        "%s: %s does not answer as a hub does: %s; check HF_ENDPOINT, and that no login page or proxy answers instead"
            .formatted(subject(), settings.endpoint(), reason));
  }

  /** The reason of a failure; exceptions of the network often have no message of their own. */
  static String reason(IOException failure) {
    Throwable cause = failure;
    while (cause.getMessage() == null && cause.getCause() != null) {
      cause = cause.getCause();
    }
    if (cause.getMessage() != null) {
      return clean(cause.getMessage());
    }
    if (cause instanceof UnresolvedAddressException) {
      return "no address is known for this host";
    }
    return failure instanceof ConnectException
        ? "the connection is refused"
        : cause.getClass().getSimpleName().replaceFirst("Exception$", "");
  }

  /** Text of others, short and without characters that a terminal obeys. */
  static String clean(String text) {
    String plain = text.replaceAll("\\p{Cntrl}", " ").strip();
    return plain.length() <= LONGEST_MESSAGE ? plain : plain.substring(0, LONGEST_MESSAGE) + "…";
  }
}
