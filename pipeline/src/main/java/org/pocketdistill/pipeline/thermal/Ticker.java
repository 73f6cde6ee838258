package org.pocketdistill.pipeline.thermal;

/** Time that passes, and can be waited for. */
public interface Ticker {
  /** Of the system. */
  Ticker SYSTEM =
      new Ticker() {
        @Override
        public long nanos() {
          return System.nanoTime();
        }

        @Override
        public void sleep(long nanos) {
          try {
            Thread.sleep(nanos / 1_000_000, (int) (nanos % 1_000_000));
          } catch (InterruptedException e) {
            // Whoever wants to stop has more to say than the temperature.
            Thread.currentThread().interrupt();
          }
        }
      };

  /** Nanoseconds since some moment. */
  long nanos();

  /** Waits for so many nanoseconds. */
  void sleep(long nanos);
}
