package org.pocketdistill.template;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Clock;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Templates that are wrong, that ask for more than there is, or that mean harm. */
final class TemplateRefusalTest {
  private static final Limits TIGHT =
      new Limits(100_000, 100, 800, 200_000, 1 << 20, 1 << 16, Duration.ofSeconds(20));

  private static ObjectNode variables() {
    return JsonNodeFactory.instance.objectNode().put("s", "text").put("n", 7);
  }

  private static String render(String source) {
    return Template.parse("model/chat_template.jinja", source, TIGHT)
        .render(variables(), Clock.systemUTC())
        .text();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "{{ s | shout }}#unknown filter 'shout'; known are abs, capitalize",
        "{{ [s] | map('shout') | list }}#unknown filter 'shout'",
        "{{ [s] | select('loud') | list }}#unknown test 'loud'",
        "{{ [s] | selectattr('a', 'loud') | list }}#unknown test 'loud'",
        "{{ s is loud }}#unknown test 'loud'; known are !=",
        "{% include 'file' %}#unknown tag 'include'",
        "{% import 'file' as f %}#unknown tag 'import'",
        "{% from 'file' import f %}#unknown tag 'from'",
        "{% extends 'file' %}#unknown tag 'extends'",
        "{% block a %}{% endblock %}#unknown tag 'block'",
        "{% do s.x() %}#unknown tag 'do'",
        "{% endif %}#unknown tag 'endif'",
        "{{ s.getClass() }}#unknown method 'getClass'",
        "{{ s.format(1) }}#unknown method 'format'",
        "{{ s.__class__ }}#the attribute '__class__' is not open to templates",
        "{{ s | attr('__class__') }}#unknown filter 'attr'",
        "{{ lipsum() }}#'lipsum' of Jinja is not supported",
        "{{ cycler('a') }}#'cycler' of Jinja is not supported",
        "{% macro f() %}{{ varargs }}{% endmacro %}#'varargs' of a macro is not supported",
        "{{ dict(**x) }}#arguments from a list or a dict (* and **) are not supported",
        "{% for i in x recursive %}{% endfor %}#recursive loops are not supported",
        "{{ x[1, 2] }}#an index of several parts is not supported",
        "{{ '\\N{DASH}' }}#the escape \\N is not supported",
        "{% for loop in x %}{% endfor %}#cannot assign to 'loop'",
        "{{ s $ }}#unexpected char '$'",
        "{{ (s] }}#unexpected ']', expected ')'",
        "{{ s#expected '}}', found the end of the template",
        "{% if s %}#expected {% endif %}, found the end of the template",
        "{% break %}#'break' outside of a loop",
      })
  void refusesWhenItIsParsedWithTheLine(String tag, String reason) {
    assertThatThrownBy(() -> Template.parse("model/chat_template.jinja", "a\n\n" + tag))
        .isInstanceOf(TemplateException.class)
        .hasMessageStartingWith("model/chat_template.jinja: line 3: " + reason);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "{{ s.nothing.more }}#'str object' has no attribute 'nothing'",
        "{{ nothing.more }}#'nothing' is undefined",
        "{{ s + n }}#unsupported operand types for +: 'str' and 'int'",
        "{{ s + none }}#unsupported operand types for +: 'str' and 'NoneType'",
        "{{ [1].append(2) }}#'append' would change a 'list', which a template must not do",
        "{{ s | map('upper') }}#a generator cannot be printed; make it a list first",
        "{{ range(3) }}#a range cannot be printed; make it a list first",
        "{{ namespace() }}#a namespace cannot be printed",
        "{{ range }}#function 'range' cannot be printed; call it",
        "{{ '%s' % n }}#formatting with % is not supported",
        "{{ {true: 1} }}#a key of type 'bool': only str, int and None are supported",
        "{{ (s | safe).upper() }}#'upper' of a string marked 'safe' is not supported",
        "{{ s | safe | upper }}#the filter 'upper' after 'safe' is not supported",
        "{{ s is sameas 'x' }}#the test 'sameas' is supported for None, true and false only",
        "{{ strftime_now('%Q') }}#strftime_now: unknown directive %Q",
        "{{ s | replace('a') }}#replace misses the argument 'new'",
        "{{ s | upper(1) }}#upper takes at most 0 arguments, found 1",
        "{{ s | trim(x=1) }}#trim got an unexpected keyword argument 'x'",
        "{{ s | trim('a', chars='b') }}#trim got two values for 'chars'",
        "{{ s.split(1) }}#split: 'sep' is of type 'int', expected 'str'",
      })
  void failsWhenItIsRenderedWithTheLine(String tag, String reason) {
    assertThatThrownBy(() -> render("{# a\n #}{% set a = 1 %}\nb\n" + tag + "\nc"))
        .isInstanceOf(TemplateException.class)
        .hasMessageStartingWith("model/chat_template.jinja: line 4: " + reason);
  }

  @Test
  void namesTheLineInsideAMacro() {
    assertThatThrownBy(() -> render("{% macro f() %}\n\n{{ s + 1 }}{% endmacro %}\n\n{{ f() }}"))
        .hasMessageStartingWith("model/chat_template.jinja: line 3: unsupported");
  }

  @Test
  void saysWhatTheTemplateSays() {
    assertThatThrownBy(() -> render("\n{{ raise_exception('Roles must alternate') }}"))
        .isInstanceOfSatisfying(
            TemplateException.class,
            e -> {
              assertThat(e).hasMessage("model/chat_template.jinja: line 2: Roles must alternate");
              assertThat(e.reason()).isEqualTo("Roles must alternate");
              assertThat(e.raised()).isTrue();
            });
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '#',
      value = {
        "{% for i in range(100000) %}{% for j in range(100000) %}{% endfor %}{% endfor %}#takes more than",
        "{% for i in range(99999) if i == -1 %}{% endfor %}{% for i in range(99999) %}{{ i }}{% endfor %}#takes more than",
        "{{ range(1000000000) | list }}#a range of more than 100000 elements",
        "{{ range(9 ** 99) | list }}#is too large",
        "{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}#nests more than 800 calls and blocks",
        "{% macro f(x) %}{{ f([x]) }}{% endmacro %}{{ f(1) }}#nests more than 800 calls and blocks",
        "{% for i in range(5000) %}{{ 'sixteen letters.' }}{% endfor %}#writes more than 65536 characters",
        "{% set x = namespace(s='x') %}{% for i in range(99) %}{% set x.s = x.s + x.s %}{% endfor %}#makes strings of more than",
        "{% set x = namespace(s='x') %}{% for i in range(99) %}{% set x.s = x.s ~ x.s %}{% endfor %}#makes strings of more than",
        "{% set x = namespace(l=[1]) %}{% for i in range(99) %}{% set x.l = x.l + x.l %}{% endfor %}#takes more than",
        "{% set x = namespace(l=[1]) %}{% for i in range(99) %}{% set x.l = [x.l, x.l] %}{% endfor %}{{ x.l }}#writes more than 65536 characters",
        "{% set x = namespace(l=[1]) %}{% for i in range(99) %}{% set x.l = [x.l, x.l] %}{% endfor %}{{ x.l | tojson }}#takes more than",
        "{% set x = namespace(a=[1], b=[1]) %}{% for i in range(99) %}{% set x.a = [x.a, x.a] %}{% set x.b = [x.b, x.b] %}{% endfor %}{{ x.a == x.b }}#takes more than",
        "{% set x = namespace(l=[]) %}{% for i in range(2000) %}{% set x.l = [x.l] %}{% endfor %}{{ x.l }}#nests more than 800",
        "{{ 'x' * 2000000000 }}#makes strings of more than",
        "{{ 'x' * 9 ** 99 }}#makes strings of more than",
        "{{ [1] * 2000000000 }}#takes more than",
        "{{ 9 ** (9 ** 9) }}#a whole number of more than 14000 bits",
        "{{ 2 ** (2 ** 40) }}#a whole number of more than 14000 bits",
        "{{ 'x' | center(2000000000) }}#makes strings of more than",
        "{{ 'x' | indent(2000000000) }}#makes strings of more than",
        "{{ [1] | tojson(indent=2000000000) }}#makes strings of more than",
        "{{ 'x'.zfill(2000000000) }}#makes strings of more than",
        "{{ ('x' * 1000) | replace('', 'x' * 2000) }}#makes strings of more than",
        "{{ range(2000) | join('x' * 1000) }}#makes strings of more than",
        "{{ ('x' * 1000).join(range(2000) | map('string')) }}#makes strings of more than",
        "{{ 1 | round(2000000000) }}#round: a precision of 2000000000",
        "{% set t = 'x' * 100000 %}{% for i in range(1000) %}{{ t[i] }}{% endfor %}#takes more than",
        "{% set t = 'x' * 100000 %}{% for i in range(1000) %}{{ 'y' in t }}{% endfor %}#takes more than",
      })
  void staysWithinItsLimits(String source, String reason) {
    assertThatThrownBy(() -> render(source))
        .isInstanceOf(TemplateException.class)
        .hasMessageStartingWith("model/chat_template.jinja: line 1: ")
        .hasMessageContaining(reason);
  }

  @ParameterizedTest
  @ValueSource(strings = {"(", "[", "{1: ", "not ", "- ", "s[", "s.join(", "1 if 1 else "})
  void refusesDeepExpressions(String open) {
    assertThatThrownBy(() -> render("{{ " + open.repeat(5000)))
        .hasMessageContaining("blocks and brackets nested more than 100 deep");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{% if s %}", "{% for i in s %}", "{% macro f() %}", "{% generation %}"})
  void refusesDeepBlocks(String open) {
    assertThatThrownBy(() -> render(open.repeat(5000)))
        .hasMessageContaining("blocks and brackets nested more than 100 deep");
  }

  @ParameterizedTest
  @ValueSource(strings = {" | upper", ".x", "[0]", "()"})
  void refusesEndlessChains(String link) {
    assertThatThrownBy(() -> render("{{ s" + link.repeat(5000) + " }}"))
        .hasMessageContaining("more than 100 attributes, calls or filters in a row");
  }

  @Test
  void takesLongSums() {
    assertThat(render("{{ 1" + " + 1".repeat(5000) + " }}")).isEqualTo("5001");
    assertThat(render("{{ 'a'" + " ~ 'a'".repeat(5000) + " }}")).hasSize(5001);
    assertThat(render("{{ 0" + " or 0".repeat(5000) + " }}")).isEqualTo("0");
  }

  @Test
  void takesNoLongerThanAllowed() {
    Limits noTime =
        new Limits(1000, 100, 800, Long.MAX_VALUE, Long.MAX_VALUE, 1 << 20, Duration.ofMillis(50));
    Template endless =
        Template.parse(
            "t",
            "{% set r = range(99999) %}{% for i in r %}{% for j in r %}{% endfor %}{% endfor %}",
            noTime);

    assertThatThrownBy(() -> endless.render(variables(), Clock.systemUTC()))
        .hasMessage("t: line 1: the template takes longer than 0.05 s");
  }

  @Test
  void refusesALongSource() {
    assertThatThrownBy(() -> render("x".repeat(100_001)))
        .hasMessage(
            "model/chat_template.jinja: line 1: 100001 characters, expected at most 100000");
  }

  @Test
  void leavesTextsOfOthersAlone() {
    ObjectNode hostile = variables().put("s", "{{ 7 * 7 }}{% if %}{#");

    assertThat(Template.parse("t", "{{ s }}").render(hostile, Clock.systemUTC()).text())
        .isEqualTo("{{ 7 * 7 }}{% if %}{#");
  }

  @Test
  void survivesASmallStack() throws InterruptedException {
    Throwable[] thrown = new Throwable[1];
    String source =
        "{% macro f(x) %}{% if x %}{% for i in [1] %}{{ ((f([x]) | trim) ~ 'a') | upper }}"
            + "{% endfor %}{% endif %}{% endmacro %}{{ f(1) }}";
    Thread small =
        new Thread(
            null,
            () -> {
              try {
                render(source);
              } catch (Throwable e) {
                thrown[0] = e;
              }
            },
            "small stack",
            1 << 18);
    small.start();
    small.join();

    assertThat(thrown[0]).isInstanceOf(TemplateException.class).hasMessageContaining(" nests ");
  }

  @Test
  void nestsSafelyOnAnOrdinaryStack() {
    assertThatThrownBy(
            () ->
                render(
                    "{% macro f(x) %}{% if x %}{% for i in [1] %}{{ ((f([x]) | trim) ~ 'a') }}"
                        + "{% endfor %}{% endif %}{% endmacro %}{{ f(1) }}"))
        .hasMessageContaining("nests more than 800 calls and blocks");
  }
}
