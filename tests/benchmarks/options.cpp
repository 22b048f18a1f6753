#include "tests/benchmarks/options.h"

#include <CLI/CLI.hpp>

namespace bench {

std::optional<int> read_options(int argc, char** argv, Options& options) {
  CLI::App app(
      "Times Tapegrad, libtorch where it is installed, and the bare products and loops that bound "
      "both,\nin the same run and interleaved, after making sure that both computed the same.\n"
      "With one thread, times are those of the processor; with more, of the clock.\n"
      "Columns: median and spread (the middle half of the repetitions, as a share of the median); "
      "ratio is\nlibtorch / ours; the share is bound / ours.",
      "tapegrad_benchmarks");
  std::string filter;
  app.add_option("--filter", filter, "Only cases that match this regular expression")
      ->type_name("REGEX");
  app.add_option("--threads", options.threads, "Numbers of threads, each with all cases (1)")
      ->delimiter(',')
      ->check(CLI::Range(1, 1024))
      ->type_name("N,...");
  app.add_option("--json", options.json, "Writes the table there as JSON, too")->type_name("FILE");
  app.add_option("--data", options.data, "Images in MNIST's format for the epoch")
      ->type_name("DIR");
  app.add_flag("--quick", options.quick, "Few repetitions and no large case: does it all work?");
  app.add_flag("--list", options.list, "Names the cases and ends");
  app.add_flag("--alone", options.alone, "Without libtorch");
  try {
    app.parse(argc, argv);
    options.filter = std::regex(filter);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  } catch (const std::regex_error& error) {
    std::cerr << "tapegrad_benchmarks: --filter " << filter << ": " << error.what() << '\n';
    return 2;
  }
  return {};
}

}  // namespace bench
