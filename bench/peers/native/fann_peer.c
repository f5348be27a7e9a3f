/* FANN, the Fast Artificial Neural Network library: the protocol of talk.ts around its training of single rows and of batches.
   fann_peer VERSION KIND BATCH RATE ROWS X TARGETS WEIGHTS SIZE... */

#include <floatfann.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static float *read_floats(const char *path, size_t count) {
  float *values = malloc(count * sizeof *values);
  FILE *file = fopen(path, "rb");
  if (!values || !file || fread(values, sizeof *values, count, file) != count) {
    printf("{\"error\":\"%s can't be read\"}\n", path);
    exit(1);
  }
  fclose(file);
  return values;
}

static struct fann_train_data *rows_of(const float *x, unsigned inputs, const float *t, unsigned outputs, unsigned rows) {
  struct fann_train_data *data = fann_create_train(rows, inputs, outputs);
  for (unsigned row = 0; row < rows; row++) {
    memcpy(data->input[row], x + (size_t)row * inputs, inputs * sizeof *x);
    memcpy(data->output[row], t + (size_t)row * outputs, outputs * sizeof *t);
  }
  return data;
}

static double seconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

int main(int argc, char **argv) {
  const char *version = argv[1];
  argc--;
  argv++;
  setvbuf(stdout, NULL, _IOLBF, 0);
  const int is_prediction = strcmp(argv[1], "prediction") == 0;
  const unsigned batch = atoi(argv[2]), rows = atoi(argv[4]);
  const float rate = atof(argv[3]);
  const unsigned layers = argc - 8;
  unsigned sizes[16];
  size_t parameters = 0;
  for (unsigned n = 0; n < layers; n++) {
    sizes[n] = atoi(argv[8 + n]);
    if (n > 0) parameters += (size_t)sizes[n] * (sizes[n - 1] + 1);
  }
  const unsigned inputs = sizes[0], outputs = sizes[layers - 1];
  const float *x = read_floats(argv[5], (size_t)rows * inputs);
  const float *t = read_floats(argv[6], (size_t)rows * outputs);
  const float *start = read_floats(argv[7], parameters);

  struct fann *network = fann_create_standard_array(layers, sizes);
  fann_set_activation_function_hidden(network, FANN_SIGMOID_STEPWISE);
  fann_set_activation_function_output(network, FANN_SIGMOID_STEPWISE);
  fann_set_train_error_function(network, FANN_ERRORFUNC_LINEAR);
  fann_set_training_algorithm(network, batch == 1 ? FANN_TRAIN_INCREMENTAL : FANN_TRAIN_BATCH);
  fann_set_learning_rate(network, rate);
  /* Its order is unit by unit, each with its bias last. */
  fann_type *weight = network->weights;
  for (unsigned n = 1; n < layers; n++) {
    const float *bias = start + (size_t)sizes[n] * sizes[n - 1];
    for (unsigned unit = 0; unit < sizes[n]; unit++) {
      for (unsigned k = 0; k < sizes[n - 1]; k++) *weight++ = *start++;
      *weight++ = bias[unit];
    }
    start = bias + sizes[n];
  }

  struct fann_train_data *all = rows_of(x, inputs, t, outputs, rows);
  const unsigned batches = rows / batch;
  struct fann_train_data **parts = malloc(batches * sizeof *parts);
  for (unsigned n = 0; n < batches; n++) {
    parts[n] = rows_of(x + (size_t)n * batch * inputs, inputs, t + (size_t)n * batch * outputs, outputs, batch);
  }

  printf("{\"engine\":\"FANN %s\",\"samples\":%u}\n", version, batch);
  char line[100];
  unsigned next = 0;
  while (fgets(line, sizeof line, stdin)) {
    if (strncmp(line, "loss", 4) == 0) {
      printf("%.9g\n", fann_test_data(network, all));
      continue;
    }
    const long turns = atol(line + 4);
    const double started = seconds();
    for (long turn = 0; turn < turns; turn++) {
      if (is_prediction) {
        for (unsigned row = 0; row < batch; row++) fann_run(network, all->input[row]);
        continue;
      }
      if (batch == 1) fann_train(network, all->input[next], all->output[next]);
      else fann_train_epoch(network, parts[next]);
      if (++next == batches) next = 0;
    }
    printf("%.9g\n", seconds() - started);
  }
  return 0;
}
