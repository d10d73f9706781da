<html><body>
<p>Don't worry, it's only HTML; eval(x) here is text.</p>
<?php
$stmt = $pdo->prepare('DELETE FROM cart WHERE id = ?');
$stmt->execute([$_POST['id']]);
$password = getenv('DB_PASSWORD');
echo htmlspecialchars($name); // exec(
?>
</body></html>
