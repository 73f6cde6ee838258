package org.pocketdistill.pipeline.report;

import java.util.ArrayList;
import java.util.List;
import org.pocketdistill.pipeline.report.Page.Section;

/** Lays the page out: the result first, then how good, then how it was made. */
record PageBuilder(RunFiles run, Report report) {

  Page build() {
    RunSections ofRun = new RunSections(run, report);
    List<Section> sections = new ArrayList<>();
    ofRun.gates().ifPresent(sections::add);
    sections.addAll(new ModelSections(report).sections());
    ofRun.wrongAnswers().ifPresent(sections::add);
    ofRun.training().ifPresent(sections::add);
    sections.add(ofRun.cost());
    ofRun.exports().ifPresent(sections::add);
    ofRun.data().ifPresent(sections::add);
    sections.add(ofRun.provenance());
    return new Page(report.name(), verdict(), report.headline(), sections);
  }

  private String verdict() {
    if (report.gates().isEmpty()) {
      return "";
    }
    return report.gates().stream().allMatch(Gate::passed) ? "passed" : "missed";
  }
}
