const query = Model.find({ active: true }).limit(10);
query.exec((err, docs) => {
  if (err) throw err;
  docs.forEach((d) => console.log(d.name));
});
const ratio = total / count / 2;
